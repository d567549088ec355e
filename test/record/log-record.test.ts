import { SeverityNumber } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { SEVERITY } from "../../src/record/log-record.js";

test("the severities have the numbers that OpenTelemetry gives them", () => {
  const { INFO, WARN, ERROR } = SeverityNumber;
  expect(SEVERITY).toEqual({ INFO, WARN, ERROR });
});
