/** Every command: one file and one line. */
import { accountCreate, accountReinstate, accountShow, accountSuspend } from './account.ts'
import { adminCreate, adminSetup } from './admin.ts'
import { backup } from './backup.ts'
import {
  catalogApply,
  catalogApprove,
  catalogPropose,
  catalogReject,
  catalogShow,
} from './catalog.ts'
import type { Command } from './command.ts'
import { configShow } from './config.ts'
import { creditGrant, statement } from './credit.ts'
import { demo } from './demo.ts'
import { doctor } from './doctor.ts'
import { documentList, documentPublish, documentShow } from './document.ts'
import { exportUsage } from './export.ts'
import { keyCreate, keyDisable, keyEnable, keyLimit, keyRevoke, keyRotate, keyShow } from './key.ts'
import { migrate } from './migrate.ts'
import { restore } from './restore.ts'
import { sealRotate } from './seal.ts'
import { serve } from './serve.ts'
import { simulate } from './simulate.ts'
import { systemd } from './systemd.ts'
import { verify } from './verify.ts'
import { showVersion } from './version.ts'
import { alerts, grafana } from './watch.ts'

export const commands: readonly Command[] = [
  serve,
  demo,
  simulate,
  ...[catalogApply, catalogShow, catalogPropose, catalogApprove, catalogReject],
  ...[adminCreate, adminSetup],
  ...[accountCreate, accountShow, accountSuspend, accountReinstate],
  ...[creditGrant, statement],
  ...[keyCreate, keyShow, keyLimit, keyDisable, keyEnable, keyRotate, keyRevoke],
  ...[documentList, documentShow, documentPublish],
  exportUsage,
  verify,
  ...[backup, restore, migrate, sealRotate, doctor, systemd],
  configShow,
  ...[grafana, alerts],
  showVersion,
]
