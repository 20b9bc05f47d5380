import { invalid } from "../rest/errors.ts";
import type { Conference } from "./meet-state.ts";

type Test = (conference: Conference) => boolean;

/** The four fields of `conferenceRecords.list`'s filter and how each is compared. */
const FIELDS: Readonly<Record<string, (operator: string, value: string) => Test>> = {
  "space.name": (operator, value) => equal(operator, (conference) => conference.space.name === value),
  "space.meeting_code": (operator, value) =>
    equal(operator, (conference) => conference.space.meetingCode === value.toLowerCase()),
  start_time: (operator, value) => compared(operator, value, (conference) => conference.startsAt),
  end_time: (operator, value) => compared(operator, value, (conference) => conference.endsAt),
};

/** `space.name = "spaces/X" AND start_time >= "…"`; an absent filter lets everything through. */
export function filterOf(filter: string | null): Test {
  if (filter === null || filter.trim() === "") return () => true;
  const tests = filter.split(/\s+AND\s+/i).map((term) => {
    const [, field = "", operator = "", value = ""] = /^\s*([\w.]+)\s*(<=|>=|=|<|>)\s*"([^"]*)"\s*$/.exec(term) ?? [];
    const make = FIELDS[field];
    if (make === undefined) throw invalid(`Invalid filter: ${term}`);
    return make(operator, value);
  });
  return (conference) => tests.every((test) => test(conference));
}

function equal(operator: string, test: Test): Test {
  if (operator !== "=") throw invalid(`Invalid operator in filter: ${operator}`);
  return test;
}

function compared(operator: string, value: string, instantOf: (conference: Conference) => Date): Test {
  const bound = Date.parse(value);
  if (Number.isNaN(bound)) throw invalid(`Invalid timestamp in filter: ${value}`);
  const holds: Readonly<Record<string, (at: number) => boolean>> = {
    "<": (at) => at < bound,
    "<=": (at) => at <= bound,
    "=": (at) => at === bound,
    ">=": (at) => at >= bound,
    ">": (at) => at > bound,
  };
  return (conference) => holds[operator]?.(instantOf(conference).getTime()) ?? false;
}
