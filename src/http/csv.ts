/**
 * Tables as files for a spreadsheet: UTF-8 with its mark, so that Excel reads it; exact digits; and no cell that a
 * spreadsheet would run as a formula. Written page by page as fast as the client reads, never whole in memory.
 */
import { stringify } from 'csv-stringify/sync'

type Cell = string | number | boolean | null

/** Rows come as objects; the columns are the names given, in their order. */
export function answerCsv<Row extends Record<string, unknown>>(
  filename: string,
  columns: readonly (keyof Row & string)[],
  pages: AsyncGenerator<readonly Row[]>,
): Response {
  const encoder = new TextEncoder()
  let header = true
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value: rows, done } = await pages.next()
        if (header) controller.enqueue(encoder.encode(writeCsv([columns], true)))
        header = false
        if (done) return controller.close()
        const cells = rows.map((row) => columns.map((name) => row[name] as Cell))
        controller.enqueue(encoder.encode(writeCsv(cells)))
      },
      async cancel() {
        await pages.return(undefined)
      },
    },
    // Nothing is read ahead of a client that is slow.
    { highWaterMark: 0 },
  )
  return new Response(body, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${filename}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}

export function writeCsv(rows: readonly (readonly Cell[])[], bom = false): string {
  return stringify(
    rows.map((row) => row.map(harmless)),
    { bom, record_delimiter: '\r\n', cast: { boolean: String } },
  )
}

/** A quote before what begins like a formula (OWASP, CSV injection); a negative number is none. */
function harmless(cell: Cell): Cell {
  if (typeof cell !== 'string' || /^-?\d+(\.\d+)?$/.test(cell)) return cell
  return /^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : cell
}
