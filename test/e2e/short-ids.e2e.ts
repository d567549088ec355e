import { afterAll, beforeAll, expect, test } from "vitest";
import { Backends, describeBackends, quorumlog } from "./backends.ts";

const SERVICE = "short-ids";
const ACTORS = [
  "did:pqaid:alice",
  "did:web:acme.example/teams/a.b+(c)[d]{e}^$|?*\\",
  'did:x:say "hi"\nand go\t日本',
  "did:pqaid:bob",
  "did:other:bob",
  "carol",
  "did:pqaid:carol",
  "did:pqaid:axb",
];

describeBackends("ids that are given by their last part", () => {
  let backends: Backends;
  let journal: string;

  beforeAll(async () => {
    backends = await Backends.start();
    journal = backends.journal(SERVICE);
    const audit = backends.log(SERVICE);
    for (let n = 0; n < 300; n++)
      audit.logNodeRemoved({ did: ACTORS[n % ACTORS.length] ?? "did:none" });
    await audit.flush({ timeoutMillis: 120_000 });
    await audit.shutdown();
    await backends.hold(SERVICE, 300);
  }, 300_000);
  afterAll(() => backends?.[Symbol.asyncDispose]());

  test.each([
    ["alice"],
    ["pqaid:alice"],
    ["a.b+(c)[d]{e}^$|?*\\"],
    ["teams/a.b+(c)[d]{e}^$|?*\\"],
    ['say "hi"\nand go\t日本'],
    ["a.b"],
    ["carol"],
    ["alice", "did:other:bob"],
  ])("find in Loki what they find in the journal: %j %j", async (...actors) => {
    const flags = ["--json", ...actors.flatMap((actor) => (actor ? ["--actor", actor] : []))];
    const found = await backends.command(SERVICE, "query", ...flags);
    const wanted = await quorumlog("query", journal, ...flags);
    expect(found.stdout).toBe(wanted.stdout);
    expect(found.code).toBe(0);
    // Loki says how far back it looked, and cannot list ids that are near
    expect(found.stderr.replace(" of the last 30 days", "")).toBe(
      wanted.stderr.replace(/; did you mean .+/, ""),
    );
  });

  test("are refused with the same candidates where they are ambiguous", async () => {
    const { code, stderr } = await backends.command(SERVICE, "query", "--actor", "bob");
    expect(code).toBe(2);
    for (const id of ["did:pqaid:bob", "did:other:bob"]) expect(stderr).toContain(id);
  });
});
