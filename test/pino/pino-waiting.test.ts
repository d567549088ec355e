import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { destination, multistream, pino } from "pino";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DeliveryError } from "../../src/index.js";
import { cleanUp } from "../fixtures/cleanup.js";
import { temporaryFolder } from "../fixtures/journal.js";
import { rejection } from "../fixtures/recorded-log.js";
import { emitTo } from "../fixtures/recording-mirror.js";
import {
  keptLogger,
  messagesOf,
  type PinoLine,
  streamThat,
  watched,
} from "../fixtures/watched-pino.js";

afterEach(cleanUp);

const newFile = (): string => join(temporaryFolder(), "app.log");
const linesOf = (file: string): PinoLine[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

describe("a flush of a pino mirror", () => {
  test.each<[how: string, options: object]>([
    ["by default", {}],
    ["with a buffer", { minLength: 4096 }],
    ["with a buffer that is larger than all lines", { minLength: 16_000 }],
    ["synchronously", { sync: true }],
    ["synchronously with a buffer", { sync: true, minLength: 4096 }],
    ["with fsync", { fsync: true }],
  ])("waits until a SonicBoom that writes %s has written every line", async (_, options) => {
    const dest = newFile();
    const { audit, log, errors } = watched(pino(destination({ dest, ...options })));
    const written = Array.from({ length: 60 }, (_, node) => log(node));
    await audit.flush();
    expect(messagesOf(linesOf(dest))).toEqual(written);
    written.push(log(60));
    await audit.shutdown();
    expect(messagesOf(linesOf(dest))).toEqual(written);
    expect(errors).toEqual([]);
  });

  test("waits until a slow stream has taken every line, and takes no notice of later ones", async () => {
    const taken: PinoLine[] = [];
    const stream = streamThat((line, done) => {
      taken.push(line);
      setTimeout(done, 1);
    });
    const { audit, log } = watched(pino({}, stream));
    const written = Array.from({ length: 20 }, (_, node) => log(node));
    await audit.flush();
    expect(messagesOf(taken)).toEqual(written);
  });

  test("waits for each destination of a multistream, one that was added later too", async () => {
    const first = newFile();
    const second = newFile();
    const streams = multistream({ stream: destination({ dest: first, minLength: 4096 }) });
    const { audit, log } = watched(pino({}, streams));
    const written = [log(1)];
    streams.add({ stream: destination({ dest: second, minLength: 4096 }) });
    written.push(log(2));
    await audit.flush();
    expect(messagesOf(linesOf(first))).toEqual(written);
    expect(messagesOf(linesOf(second))).toEqual(written.slice(1));
  });

  test("does not wait for lines that the app writes meanwhile", async () => {
    const dest = newFile();
    const { audit, logger, log } = watched(pino(destination({ dest })));
    const busy = setInterval(() => {
      for (let line = 0; line < 50; line++) logger.info("the app's own");
    }, 0);
    try {
      const written = log(1);
      await audit.flush();
      expect(messagesOf(linesOf(dest))).toContain(written);
    } finally {
      clearInterval(busy);
    }
  });

  test.each<[what: string, flush: (done?: (error?: unknown) => void) => unknown]>([
    ["takes a callback", (done) => void setImmediate(() => done?.())],
    ["returns a promise", async () => {}],
  ])("asks a destination whose flush %s", async (_, flush) => {
    const asked = vi.fn(flush);
    Object.defineProperty(asked, "length", { value: flush.length });
    const { audit, log } = watched(pino({}, { write() {}, flush: asked } as never));
    log(1);
    await audit.flush();
    expect(asked).toHaveBeenCalledTimes(1);
  });

  test.each<[what: string, flush: (done?: (error?: unknown) => void) => unknown]>([
    ["calls back with an error", (done) => done?.(new Error("no index"))],
    ["rejects", () => Promise.reject(new Error("no index"))],
    [
      "throws",
      () => {
        throw new Error("no index");
      },
    ],
  ])("rejects when the flush of the destination %s", async (_, flush) => {
    const { audit, log } = watched(pino({}, { write() {}, flush } as never));
    log(1);
    expect((await rejection(audit.flush())).message).toContain(
      "pino: the destination failed: no index",
    );
  });

  test("resolves at once for a destination that tells nothing", async () => {
    const { logger } = keptLogger();
    const { audit, log } = watched(logger);
    log(1);
    await audit.flush({ timeoutMillis: 1000 });
  });

  test("waits on when the clock is set forward meanwhile", async () => {
    let taken = 0;
    const stream = streamThat((_, done) => {
      taken++;
      setImmediate(done);
    });
    const { audit, log } = watched(pino({}, stream));
    for (let node = 0; node < 60; node++) log(node);
    let hours = 0;
    const start = Date.now();
    const clock = vi.spyOn(Date, "now").mockImplementation(() => start + ++hours * 3_600_000);
    try {
      await audit.flush();
    } finally {
      clock.mockRestore();
    }
    expect(taken).toBe(60);
  });
});

describe("a destination of a pino logger that blocks", () => {
  test("makes a flush reject at its deadline, and takes its lines when it goes on", async () => {
    const lines: PinoLine[] = [];
    let goOn = (): void => {};
    const stream = streamThat((line, done) => {
      lines.push(line);
      goOn = done;
    });
    const { audit, log, errors } = watched(pino({}, stream));
    const written = [log(1), log(2)];
    const error = await rejection(audit.flush({ timeoutMillis: 20 }));
    expect(error).toBeInstanceOf(DeliveryError);
    expect(error.message).toContain("pino: the destination was not done in time");
    goOn();
    expect(messagesOf(lines)).toEqual(written);
    goOn();
    await audit.flush();
    expect(errors).toEqual([]);
  });

  test("gets 65 536 records while it is full; each one more is lost and reported", async () => {
    const stuck = streamThat(() => {});
    const { mirror, log, errors } = watched(pino({}, stuck));
    while (!stuck.writableNeedDrain) log(0);
    emitTo(mirror, 65_536);
    expect(errors).toEqual([]);
    for (let node = 0; node < 3; node++) log(node);
    expect(errors.map((error) => error.message)).toEqual(
      Array(3).fill(expect.stringContaining("65536 records wait for a destination that is full")),
    );
  });

  test("because its reader is slow gets every line in the end", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const client = connect(port, "127.0.0.1");
    const [socket] = (await once(server, "connection")) as [Socket];
    socket.pause();
    const { audit, logger, log } = watched(pino({}, client));
    const filler = "x".repeat(1_000_000); // more than the buffers of the kernel hold
    for (let line = 0; line < 12; line++) logger.info(filler);
    const written = Array.from({ length: 100 }, (_, node) => log(node));
    await rejection(audit.flush({ timeoutMillis: 20 }));
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
    });
    socket.resume();
    await audit.shutdown();
    client.end();
    await once(socket, "end");
    const lines = text.trimEnd().split("\n");
    expect(messagesOf(lines.slice(-100).map((line) => JSON.parse(line)))).toEqual(written);
    socket.destroy();
    server.close();
  });
});

describe("a destination of a pino logger that fails", () => {
  test("by an error event is reported once a line, and makes the next flush reject", async () => {
    const stream = streamThat((line, done) => {
      if (String(line["msg"]).endsWith("did:2")) stream.emit("error", new Error("disk full"));
      done();
    });
    const { audit, log, errors } = watched(pino({}, stream));
    [1, 2, 3].map(log);
    expect(errors.map((error) => error.message)).toEqual(["pino: disk full"]);
    const error = await rejection(audit.flush());
    expect(error.message).toContain("pino: the destination failed since the last flush");
    await audit.flush();
    await audit.shutdown();
  });

  test("for good is closed: every further record is reported as lost, without a word to the stream", async () => {
    const stream = streamThat((_, done) => done(new Error("disk full")));
    const { audit, log, errors } = watched(pino({}, stream));
    const closed = new Promise((resolve) => stream.once("close", resolve));
    log(1);
    await closed;
    [2, 3].map(log);
    expect(errors.map((error) => error.message)).toEqual([
      "pino: disk full",
      'pino: the destination is closed; "node_removed did:2" was not written',
      'pino: the destination is closed; "node_removed did:3" was not written',
    ]);
    await rejection(audit.flush());
    expect((await rejection(audit.shutdown())).message).toContain("2 records were not written");
  });

  test.each<[how: string, close: (stream: ReturnType<typeof destination>) => void]>([
    ["ended", (stream) => stream.end()],
    ["destroyed", (stream) => stream.destroy()],
  ])("because the app has %s it loses only later records", async (_, close) => {
    const dest = newFile();
    const stream = destination({ dest, sync: true });
    const { audit, log, errors } = watched(pino(stream));
    const written = log(1);
    close(stream);
    log(2);
    expect(errors.map((error) => error.message)).toEqual([
      'pino: the destination is closed; "node_removed did:2" was not written',
    ]);
    expect((await rejection(audit.flush())).message).toContain("1 record was not written");
    expect(messagesOf(linesOf(dest))).toEqual([written]);
  });

  test("because the app ends it during a flush loses no line that it had", async () => {
    const dest = newFile();
    const stream = destination({ dest, minLength: 4096 });
    const { audit, log } = watched(pino(stream));
    const written = Array.from({ length: 40 }, (_, node) => log(node));
    const flush = audit.flush();
    stream.end();
    await flush;
    expect(messagesOf(linesOf(dest))).toEqual(written);
  });

  test("because the app destroys it during a flush makes the flush reject", async () => {
    const stream = destination({ dest: newFile(), minLength: 16_000 });
    const { audit, log } = watched(pino(stream));
    await once(stream, "ready");
    log(1);
    stream.destroy();
    expect((await rejection(audit.flush())).message).toMatch(
      /pino: the destination was closed with \d+ bytes unwritten/,
    );
  });

  test("on a full disk keeps its lines, and makes a flush reject at once", async () => {
    const { audit, log, errors } = watched(pino(destination({ dest: "/dev/full" })));
    log(1);
    const error = await rejection(audit.flush());
    expect(error.message).toMatch(/pino: the destination could not write \d+ bytes/);
    expect(errors.map((each) => each.message)).toEqual([expect.stringContaining("ENOSPC")]);
  });

  test("because its file cannot be opened is reported, and takes nobody down", async () => {
    const stream = destination({ dest: join(newFile(), "no", "such") });
    const { log, errors } = watched(pino(stream));
    await once(stream, "error");
    log(1);
    expect(errors[0]?.message).toContain("ENOENT");
    expect(errors.length).toBeGreaterThan(1);
  });

  test("because its file descriptor is not open is reported, and takes nobody down", async () => {
    // never one that was closed: other tests run in the same process, and may get its number
    const stream = destination({ fd: 1_000_000 });
    const { audit, log, errors } = watched(pino(stream));
    log(1);
    await rejection(audit.flush());
    expect(errors.map((error) => error.message)).toEqual([expect.stringContaining("EBADF")]);
  });

  test("to keep up drops a record where its maxLength says so, and the mirror reports it", async () => {
    const dest = newFile();
    const stream = destination({ dest, minLength: 1000, maxLength: 1000 });
    const { audit, logger, log, errors } = watched(pino(stream));
    log(1);
    log(2);
    logger.info({ long: "x".repeat(1000) }, "the app's own");
    log(3);
    expect(errors.map((error) => error.message)).toEqual([
      'pino: the destination is full, and dropped "node_removed did:3"',
    ]);
    expect((await rejection(audit.flush())).message).toContain("1 record was not written");
    expect(linesOf(dest)).toHaveLength(2);
  });
});

describe("a shutdown of a pino mirror", () => {
  test("writes what waits, takes its listeners away and leaves the destination open", async () => {
    const lines: PinoLine[] = [];
    const stream = streamThat((line, done) => {
      lines.push(line);
      setImmediate(done);
    });
    const counts = () => ["error", "drop", "write"].map((event) => stream.listenerCount(event));
    const before = counts();
    const { audit, logger, log } = watched(pino({}, stream));
    expect(counts()).not.toEqual(before);
    for (let node = 0; node < 30; node++) log(node);
    await audit.shutdown();
    expect(lines).toHaveLength(30);
    expect(counts()).toEqual(before);
    logger.info("the app's own");
    await new Promise((resolve) => stream.end(resolve));
    expect(lines.at(-1)?.["msg"]).toBe("the app's own");
  });

  test("that gave up at its deadline still hears of a line that fails later", async () => {
    let fail: (error?: Error) => void = () => {};
    const stream = streamThat((_, done) => {
      fail = done;
    });
    const { audit, log, errors } = watched(pino({}, stream));
    log(1);
    await rejection(audit.shutdown({ timeoutMillis: 10 }));
    const closed = new Promise((resolve) => stream.once("close", resolve));
    fail(new Error("disk full"));
    await closed;
    expect(errors.map((error) => error.message)).toEqual(["pino: disk full"]);
  });
});
