/** Runs before every test file: properties draw the same cases each time, so a run that fails fails again. */
import { configureGlobal } from 'fast-check'

configureGlobal({ seed: 20_260_310 })
