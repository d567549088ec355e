import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { quorumlog } from "../fixtures/command-line.js";
import { FakeLoki } from "../fixtures/fake-loki.ts";
import { from } from "../fixtures/loki-flags.js";
import { LOG, logOf, SELECTOR, sealed, send } from "../fixtures/loki-records.ts";
import { newKey } from "../fixtures/signed-notes.js";

const { vkey } = newKey(LOG).verifierKey;

beforeEach(() => {
  vi.spyOn(Math, "random").mockReturnValue(0.01); // waits are a random part of a bound
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("a command that reads Loki", () => {
  const commands = [["verify", "--key", vkey], ["query"], ["export", "--format", "csv"]];

  test.each(commands)(
    "%s ends with 3 when nobody answers, or somebody else does",
    async (...argv) => {
      const loki = await FakeLoki.start();
      loki.script = (_, response) => {
        response.writeHead(401).end("no \u001b[2Jorg id\u202e");
        return true;
      };
      const refused = await quorumlog([...argv, ...from(loki)]);
      expect(refused).toMatchObject({
        code: 3,
        stdout: argv[0] === "export" ? expect.any(String) : "",
        stderr: expect.stringContaining(
          "HTTP 401: no  [2Jorg id; check the headers and the tenant",
        ),
      });
      loki.script = (_, response) => {
        response.writeHead(200).end("<!doctype html>");
        return true;
      };
      expect((await quorumlog([...argv, ...from(loki)])).code).toBe(3);
      const gone = from(loki);
      await loki[Symbol.asyncDispose]();
      expect(await quorumlog([...argv, ...gone])).toMatchObject({
        code: 3,
        stderr: expect.stringContaining("ECONNREFUSED"),
      });
    },
  );

  test.each(commands)(
    "%s never shows the query string of the URL, which may hold a token",
    async (...argv) => {
      const loki = await FakeLoki.start();
      await send(loki.url, logOf(1));
      const [flag, url, ...rest] = from(loki);
      const secret = [flag, `${url}/?token=s3cret`, ...rest] as string[];
      const shown = await quorumlog([...argv, ...secret]);
      await loki[Symbol.asyncDispose]();
      const gone = await quorumlog([...argv, ...secret]);
      for (const { stdout, stderr } of [shown, gone])
        expect(stdout + stderr).not.toContain("s3cret");
      expect(gone.code).toBe(3);
    },
  );

  test.each(commands)("%s ends with 2 where the streams hold two logs", async (...argv) => {
    await using loki = await FakeLoki.start();
    await send(loki.url, [...logOf(1), sealed(0, {}, { log: "other" })]);
    const { code, stderr } = await quorumlog([...argv, ...from(loki)]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(
        /^quorumlog: --log: .+; choose one; see quorumlog \w+ --help\n$/,
      ),
    });
    expect((await quorumlog([...argv, ...from(loki), "--log", LOG])).code).toBe(
      argv[0] === "verify" ? 3 : 0,
    );
  });

  test.each(commands)("%s ends at a signal", async (...argv) => {
    await using loki = await FakeLoki.start();
    const ended = new AbortController();
    loki.script = () => {
      ended.abort("SIGINT");
      return true;
    };
    expect(await quorumlog([...argv, ...from(loki)], { signal: ended.signal })).toMatchObject({
      code: 130,
    });
  });

  const usable = ["--loki", "http://127.0.0.1:1", "--selector", SELECTOR];
  test.each<[string[], string]>([
    [[], "SOURCE is missing"],
    [["governance.db", ...usable], "--loki and SOURCE exclude each other"],
    [["governance.db", "--selector", SELECTOR], "--selector goes with --loki"],
    [["--header", "a: b"], "--header goes with --loki"],
    [usable.slice(0, 2), "--selector is missing: .+"],
    [
      ["--loki", "loki:3100", "--selector", SELECTOR],
      "--loki: expected the http or https URL of Loki.+",
    ],
    [
      ["--loki", "http://u:p@x", "--selector", SELECTOR],
      "--loki: give user and password in a header, authorization",
    ],
    [[...usable.slice(0, 3), "service"], "--selector: expected a stream selector.+"],
    [[...usable, "--log", "a b"], "--log: expected a string.+"],
    [[...usable, "--lookback", "0"], "--lookback: expected a positive integer"],
    [[...usable, "--lookback", "soon"], '--lookback "soon" is not a whole number from 0 up'],
    [[...usable, "--tenant", ""], "--tenant: expected a string that is not empty"],
    [[...usable, "--header", "secret"], '--header: expected "Name: value"'],
    [[...usable, "--header", "a: 1", "--header", "A: 2"], "--header: a is given twice"],
    [[...usable, "--header", "a b: 1"], '--header: expected "Name: value"'],
    [[...usable, "--header", "a: \n\u0007x"], "--header.*: HTTP allows no such header.+"],
  ])("refuses %j with 2", async (given, message) => {
    for (const argv of commands) {
      const { code, stdout, stderr } = await quorumlog([...argv, ...given]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(new RegExp(`^quorumlog: ${message}; see quorumlog \\w+ --help\\n$`));
    }
  });

  test("verify refuses a line beside it", async () => {
    expect(await quorumlog(["verify", ...usable, "--key", vkey, "--line", "line"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--line and --loki exclude each other"),
    });
  });
});
