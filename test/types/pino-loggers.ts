// Compiled, not run: which loggers a pino mirror takes.
import { pino } from "pino";
import { createLogger } from "winston";
import { pinoMirror } from "../../src/pino/index.js";

export function takesEveryLoggerOfPino(): void {
  pinoMirror(pino());
  pinoMirror(pino({ customLevels: { audit: 35 } }));
  pinoMirror(pino({ level: "audit", customLevels: { audit: 35 }, useOnlyCustomLevels: true }));
  pinoMirror(pino().child({ part: "audit" }, { customLevels: { audit: 35 } }));
}

export function takesNoOtherLogger(): void {
  // @ts-expect-error it has no level
  pinoMirror(console);
  // @ts-expect-error `silent` is a flag of winston
  pinoMirror(createLogger());
}
