import { expect, test } from "vitest";
import { caseFiles } from "../../src/report/case-files.js";
import { exceptions } from "../../src/report/exceptions.js";
import { Links } from "../../src/report/links.js";
import { reportView } from "../fixtures/report-view.js";

test("exceptions and case files list the most severe findings first", () => {
  const view = reportView((trail) => [
    trail.propose("p"),
    trail.vote("p", "alice"),
    trail.vote("p", "mallory"),
  ]);
  for (const part of [exceptions, caseFiles]) {
    const rules = part(view, new Links(view)).text.matchAll(
      /<code>(vote-by-nonmember|self-approval)<\/code>/g,
    );
    expect([...rules].map(([, rule]) => rule)).toEqual(["vote-by-nonmember", "self-approval"]);
  }
});
