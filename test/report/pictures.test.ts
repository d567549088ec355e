import { describe, expect, test } from "vitest";
import { Links } from "../../src/report/links.js";
import { pictures } from "../../src/report/pictures.js";
import { textOf } from "../fixtures/report-page.js";
import { reportView } from "../fixtures/report-view.js";
import type { TrailWriter } from "../fixtures/trail.js";

function figuresOf(...args: Parameters<typeof reportView>): ReadonlyMap<string, string> {
  const view = reportView(...args);
  const { text } = pictures(view, new Links(view));
  return new Map(
    [...text.matchAll(/<figure id="picture-(\w+)">(.*?)<\/figure>/gs)].map(
      ([, id = "", markup = ""]) => [id, markup],
    ),
  );
}

/** How many marks of a kind a figure has, beside that of its legend. */
function marks(figure: string | undefined, className: string): number {
  return (figure?.match(new RegExp(`<rect class="${className}" x=`, "g")) ?? []).length;
}

function someDecisions(trail: TrailWriter): void {
  trail.passed("p", { subject: "model-1" });
  trail.grant("p", { subject: "model-1" });
  trail.propose("q", { subject: "model-2" });
  trail.vote("q", "bob", "reject");
  trail.vote("q", "carol", "abstain");
  trail.act("vote_cast", { proposalId: "q", actorDid: "dave" });
  trail.result("q", "rejected", { reject: 1, abstain: 1 });
  trail.grant("q", { subject: "model-2" });
  trail.revoke("q", { subject: "model-2" });
}

const NAMES = ["votes", "authorizations", "participation", "durations"];

describe("the pictures of a report", () => {
  test("are four, each with marks, a title, a description and a table", () => {
    const figures = figuresOf(someDecisions);
    expect([...figures.keys()]).toEqual(NAMES);
    for (const figure of figures.values()) {
      expect(figure).toMatch(/<svg [^>]*role="img" aria-labelledby="(\w+)-title \1-desc">/);
      expect(figure).toMatch(/<title id="\w+-title">[^<]+<\/title>\s*<desc id="\w+-desc">.*\w/);
      expect(figure).toMatch(/<rect class="[\w-]+" x=/);
      expect(figure).toContain("<table data-table=");
    }
  });

  test("stack the votes by decision, and those that say none as other", () => {
    const votes = figuresOf(someDecisions).get("votes");
    expect(marks(votes, "approve")).toBe(3);
    expect(marks(votes, "reject")).toBe(1);
    expect(marks(votes, "other")).toBe(1);
    expect(textOf(votes ?? "")).toContain("6 votes");
    expect(textOf(votes ?? "")).toContain("approve: 3, reject: 1, abstain: 1, other: 1");
  });

  test("count each vote in one period, the last moment included", () => {
    const table = textOf(figuresOf(someDecisions).get("votes") ?? "");
    const totals = [...table.matchAll(/\d{3}(?: UTC)?(?: \d+){4} (\d+)/g)].map(([, total]) =>
      Number(total),
    );
    expect(totals.reduce((sum, total) => sum + total, 0)).toBe(6);
  });

  test("draw each authorization from its grant to its end", () => {
    const figure = figuresOf(someDecisions).get("authorizations");
    expect(marks(figure, "in-force")).toBe(1);
    expect(marks(figure, "not-valid")).toBe(1);
    expect(textOf(figure ?? "")).toMatch(/model-1 #9 .* in force model-2 #15 .* revocation/);
  });

  test("show who voted, of the proposals on which they could", () => {
    const figure = textOf(figuresOf(someDecisions).get("participation") ?? "");
    expect(figure).toMatch(/bob 2 2 carol 2 2 dave 1 2 alice 0 2/);
    expect(figure).toContain("alice: 0 of 2");
  });

  test("show how long decisions took", () => {
    const figure = figuresOf(someDecisions).get("durations");
    expect(marks(figure, "decided")).toBe(1);
    expect(textOf(figure ?? "")).toMatch(/2 proposals by the time .* The longest took 4 s\./);
  });

  test("draw a single moment", () => {
    const figure = figuresOf((trail) => [trail.propose("p"), trail.vote("p", "bob")]).get("votes");
    expect(marks(figure, "approve")).toBe(1);
    expect(figure).not.toMatch(/NaN|Infinity/);
  });

  test("say why there is nothing to draw", () => {
    const figures = figuresOf(() => undefined);
    expect([...figures.keys()]).toEqual(NAMES);
    for (const figure of figures.values()) expect(figure).not.toContain("<svg");
    expect(textOf(figures.get("votes") ?? "")).toContain("No vote is in the scope.");
  });

  test("draw the newest of many, and say so; the table has all", () => {
    const figures = figuresOf((trail) => {
      for (let index = 0; index < 40; index++) {
        trail.passed(`p${index}`, { subject: `model-${index}` });
        trail.grant(`p${index}`, { subject: `model-${index}` });
      }
    });
    const figure = figures.get("authorizations") ?? "";
    expect(marks(figure, "in-force")).toBe(32);
    expect(figure.match(/in force<\/td>|<td[^>]*>in force/g)).toHaveLength(40);
    expect(textOf(figure)).toContain("The picture has the newest 32, the table has all.");
  });

  test("show hostile ids as text", () => {
    const id = '"/><script>alert(1)</script>\u202e';
    const markup = [
      ...figuresOf((trail) => [
        trail.passed(id, { subject: id, by: id }),
        trail.grant(id, { subject: id }),
        trail.vote(id, id),
      ]).values(),
    ].join("");
    expect(markup).not.toContain("<script");
    expect(markup).not.toContain("\u202e");
  });
});
