import { expect, test } from "vitest";
import { caseFiles } from "../../src/report/case-files.js";
import { exceptions } from "../../src/report/exceptions.js";
import { Links } from "../../src/report/links.js";
import { textOf } from "../fixtures/report-page.js";
import { reportView } from "../fixtures/report-view.js";

test("exceptions list ten findings of one rule, and one row for the others, as check does", () => {
  const view = reportView((trail) => {
    for (let n = 0; n < 14; n++) trail.grant(`p${n}`);
    trail.propose("q");
    trail.vote("q", "alice");
  });
  const { text } = exceptions(view, new Links(view));
  expect(text.match(/<code>grant-without-consensus<\/code>/g)).toHaveLength(11);
  expect(text).toContain("4 more; quorumlog check --json lists each");
  expect(text).toContain("<code>self-approval</code>");
  expect(textOf(text)).toContain("14 errors, 1 warning");
});

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
