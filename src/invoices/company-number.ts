/** 統一編號, the eight digits of a company in Taiwan. */

const weights = [1, 2, 1, 2, 1, 2, 4, 1]

/**
 * Whether the check digit fits: the digits of all products add up to a multiple of 5 (of 10 until 2023; the Ministry of
 * Finance widened the rule on 2023-04-01). A seventh digit 7 gives 28, whose digits may count as 1 or as 0.
 */
export function isCompanyNumber(text: string): boolean {
  if (!/^\d{8}$/.test(text)) return false
  const sum = weights.reduce((total, weight, at) => total + digitSum(Number(text[at]) * weight), 0)
  return sum % 5 === 0 || (text[6] === '7' && (sum + 1) % 5 === 0)
}

const digitSum = (product: number) => Math.floor(product / 10) + (product % 10)
