#!/usr/bin/env node
import type { WriteStream } from "node:tty";
import type { OutputStream } from "./input/command.js";
import { PipeReader, programOf } from "./input/this-process.js";
import { EXIT } from "./output/exit-code.js";
import { run } from "./run.js";

const ended = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => ended.abort(signal));

const [, script = "", ...argv] = process.argv;
const around = { cwd: process.cwd(), env: process.env };
const stdout = outputOf(process.stdout, 1);
const stderr = outputOf(process.stderr, 2);
process.exitCode = EXIT.bug; // if nothing is left to wait for, and it has not ended
void run(argv, {
  ...around,
  get program() {
    return programOf({ script, ...around });
  },
  stdout,
  // whoever closes stderr does not want messages
  stderr: { ...stderr, write: (text) => stderr.write(text).catch(() => {}) },
  now: () => new Date(),
  signal: ended.signal,
}).then((code) => {
  process.exitCode = code;
});

function outputOf(stream: WriteStream, fd: number): OutputStream {
  stream.on("error", () => {}); // each write reports its own error
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.isTTY ? stream.columns || 80 : undefined;
    },
    watchReader() {
      const reader = new PipeReader(fd);
      return () => reader.hasLeft;
    },
    write: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => {
          if (error) reject(error);
          else setImmediate(resolve); // so that a signal is heard during long work
        });
      }),
  };
}
