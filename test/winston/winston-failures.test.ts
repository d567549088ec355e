import { describe, expect, test } from "vitest";
import { format, type transport } from "winston";
import { keeping, keepingBut, type Line, transportThat } from "../fixtures/memory-logger.js";
import { rejection } from "../fixtures/recorded-log.js";
import { causes, messages, watchedLogger } from "../fixtures/watched-logger.js";

describe("a transport of the logger that fails", () => {
  test.each<[how: string, failing: (done: (error?: Error) => void, self: transport) => void]>([
    [
      "throws",
      () => {
        throw new Error("disk full");
      },
    ],
    [
      "throws though it calls back",
      (done) => {
        setImmediate(() => setImmediate(() => setImmediate(done)));
        throw new Error("disk full");
      },
    ],
    ["calls back with an error", (done) => done(new Error("disk full"))],
    ["calls back with an error later", (done) => setImmediate(done, new Error("disk full"))],
    [
      "emits an error",
      (done, self) => {
        self.emit("error", new Error("disk full"));
        done();
      },
    ],
    [
      "emits a warning, as winston's Http transport does",
      (done, self) => {
        self.emit("warn", new Error("disk full"));
        done();
      },
    ],
  ])("is reported once when it %s, and loses only that line", async (_, failing) => {
    const lines: Line[] = [];
    const { audit, errors, log } = watchedLogger({ transports: [keepingBut(lines, failing)] });
    const written = [1, 2, 3, 4].map(log);
    await audit.flush().catch(() => {});
    written.push(log(5));
    await audit.flush();
    expect(causes(errors)).toEqual(["delivery_failed: disk full"]);
    expect(messages(lines)).toEqual(written.filter((message) => !message.endsWith("did:2")));
    expect(audit.length).toBe(5);
  });

  test("on every line stops neither the audit log, nor the transport before it, nor the app's own lines", async () => {
    const lines: Line[] = [];
    const throwing = transportThat(() => {
      throw new Error("disk full");
    });
    const { audit, logger, errors, log } = watchedLogger({
      transports: [keeping(lines), throwing],
    });
    const written = Array.from({ length: 60 }, (_, node) => log(node));
    expect((await rejection(audit.flush())).message).toContain("60 records were not written");
    expect(causes(errors)).toEqual(Array(60).fill("delivery_failed: disk full"));
    expect(messages(lines)).toEqual(written);
    expect(() => logger.info("the app's own")).toThrow("disk full");
    expect(messages(lines).at(-1)).toBe("the app's own");
  });

  test("later than it took the line, on a line behind others, is reported and ends no process", async () => {
    const lines: Line[] = [];
    const slow = transportThat((line, done) => {
      if (line.message.endsWith("did:30")) throw new Error("disk full");
      lines.push(line);
      setImmediate(done);
    });
    const { audit, errors, log } = watchedLogger({ transports: [slow] });
    const written = Array.from({ length: 60 }, (_, node) => log(node));
    expect((await rejection(audit.flush())).message).toContain("1 record was not written");
    expect(causes(errors)).toEqual(["delivery_failed: disk full"]);
    expect(messages(lines)).toEqual(written.filter((message) => !message.endsWith("did:30")));
  });

  test("with an answer of its own to each line, late, is reported for each, and keeps the order", async () => {
    const slow = transportThat((line, done) => {
      setImmediate(done, new Error(`refused ${line.message}`));
    });
    const { audit, errors, log } = watchedLogger({ transports: [slow] });
    const written = Array.from({ length: 40 }, (_, node) => log(node));
    await audit.flush();
    expect(causes(errors)).toEqual(written.map((message) => `delivery_failed: refused ${message}`));
  });

  test("is not lost to the logger, which winston before 3.3 lets happen", async () => {
    const lines: Line[] = [];
    const failing = keeping(lines);
    const { audit, logger, errors, log } = watchedLogger({ transports: [failing] });
    logger.remove(failing);
    logger.emit("error", new Error("disk full"), failing);
    log(1);
    await audit.flush();
    expect(causes(errors)).toEqual(["delivery_failed: disk full"]);
    expect(messages(lines)).toEqual(["node_removed did:1"]);
  });
});

describe("a format of the logger that throws", () => {
  const throwingOn = (end: string) =>
    format((line) => {
      if (String(line.message).endsWith(end)) throw new Error("no such field");
      return line;
    })();

  test("is reported, and loses only that line", async () => {
    const lines: Line[] = [];
    const { audit, errors, log } = watchedLogger({
      format: throwingOn("did:2"),
      transports: [keeping(lines)],
    });
    [1, 2, 3].map(log);
    expect((await rejection(audit.flush())).message).toContain("1 record was not written");
    expect(causes(errors)).toEqual(["delivery_failed: no such field"]);
    expect(messages(lines)).toEqual(["node_removed did:1", "node_removed did:3"]);
  });

  test("is reported too when it is a transport's, or when the transport is slow", async () => {
    const lines: Line[] = [];
    const slow = transportThat((line, done) => {
      lines.push(line);
      setImmediate(done);
    });
    const own = keeping([], { format: throwingOn("did:7") });
    const { audit, errors, log } = watchedLogger({
      format: throwingOn("did:50"),
      transports: [own, slow],
    });
    Array.from({ length: 60 }, (_, node) => log(node));
    await rejection(audit.flush());
    expect(causes(errors)).toEqual(Array(2).fill("delivery_failed: no such field"));
    expect(lines.length).toBeGreaterThanOrEqual(58);
  });
});
