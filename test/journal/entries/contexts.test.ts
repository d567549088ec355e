import { DatabaseSync } from "node:sqlite";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { describe, expect, test, vi } from "vitest";
import { append, codeOf, newPath, openJournal, rowOf, spooled } from "../../fixtures/journal.js";

describe("the resources and scopes of a journal", () => {
  test("has one object for each resource and scope, by which exporters group", () => {
    const path = newPath();
    const journal = openJournal(path);
    const outbox = journal.outbox("otlp");
    for (const row of append(journal, 2)) outbox.add(spooled(journal, row));
    const live = outbox.peek(2).map(({ record }) => record);
    expect(live[0]?.resource).toBe(live[1]?.resource);
    journal.close();
    const again = openJournal(path);
    const other = { ...rowOf(2), resource: resourceFromAttributes({ "service.name": "other" }) };
    const equal = {
      ...rowOf(3),
      resource: resourceFromAttributes({ "service.name": "votes" }),
      scope: { ...other.scope },
    };
    again.append(other);
    again.append(equal);
    const records = again
      .outbox("otlp")
      .peek(4)
      .map(({ record }) => record);
    expect(records[0]?.resource).toBe(records[1]?.resource);
    expect(records[0]?.instrumentationScope).toBe(records[3]?.instrumentationScope);
    expect(records[2]?.resource.attributes).toEqual({ "service.name": "other" });
    expect(records[3]?.resource.attributes).toEqual({ "service.name": "votes" });
  });

  test("sends a scope again with all that it had, the number of its dropped attributes too", () => {
    const path = newPath();
    const journal = openJournal(path);
    journal.outbox("otlp");
    const scope = {
      name: "votes",
      version: "1.2.3",
      schemaUrl: "https://opentelemetry.io/schemas/1.37.0",
      attributes: { region: "eu" },
      droppedAttributesCount: 3,
    };
    journal.append({ ...rowOf(0), scope });
    journal.close();
    const [pending] = openJournal(path).outbox("otlp").peek(1);
    expect(pending?.record.instrumentationScope).toEqual(scope);
  });

  test.each([true, false])(
    "stores what was detected about a resource after its first entry (another follows: %s)",
    async (appendsAgain) => {
      const path = newPath();
      const journal = openJournal(path);
      journal.outbox("otlp");
      const { promise, resolve } = Promise.withResolvers<string>();
      const resource = resourceFromAttributes({ "service.name": "votes", "host.id": promise });
      journal.append({ ...rowOf(0), resource });
      resolve("h1");
      await resource.waitForAsyncAttributes?.();
      if (appendsAgain) journal.append({ ...rowOf(1), resource });
      journal.close();
      const [first] = openJournal(path).outbox("otlp").peek(1);
      expect(first?.record.resource.attributes).toEqual({
        "service.name": "votes",
        "host.id": "h1",
      });
    },
  );

  test("stores what was detected about a resource after an append that failed", async () => {
    const path = newPath();
    const journal = openJournal(path);
    journal.outbox("otlp");
    const { promise, resolve } = Promise.withResolvers<string>();
    const resource = resourceFromAttributes({ "host.id": promise });
    journal.append({ ...rowOf(0), resource });
    resolve("h1");
    await resource.waitForAsyncAttributes?.();
    const later = { ...rowOf(1), resource };
    const { exec } = DatabaseSync.prototype;
    const fails = vi.spyOn(DatabaseSync.prototype, "exec").mockImplementation(function (
      this: DatabaseSync,
      sql,
    ) {
      if (sql !== "COMMIT") return Reflect.apply(exec, this, [sql]);
      throw new Error("disk I/O error");
    });
    expect(codeOf(() => journal.append(later))).toBe("journal_failed");
    fails.mockRestore();
    journal.append(later);
    journal.close();
    const [first] = openJournal(path).outbox("otlp").peek(1);
    expect(first?.record.resource.attributes).toEqual({ "host.id": "h1" });
  });
});
