import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { subscriptions } from "../../infra/topology/subscriptions.ts";
import { type MeetingScript, readMeeting } from "../demo/meeting-file.ts";
import { runDemo } from "../demo/run-demo.ts";
import { BookingPlatform } from "../local/booking-platform.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";
import { finalStateOf, ONE_OF_EACH } from "../soak/final-state.ts";
import { runWithKill } from "../soak/kill-run.ts";

const SLICE_OF_KILLS = [3, 7, 12];

describe("whatever happens on the way", () => {
  let stack: LocalStack;
  let script: MeetingScript;
  let platform: BookingPlatform;
  let undisturbed: string;

  const stateAfterDemo = async () => {
    const { booking } = await runDemo({ stack, script });
    await stack.google.nextMailTo(String(booking["customer_email"]));
    await stack.google.pubsub?.waitUntilIdle({ timeoutMs: 60_000 });
    return finalStateOf(stack, platform, await platform.booking(booking.id));
  };

  beforeAll(async () => {
    [stack, script] = await Promise.all([startStack(), readMeeting(undefined)]);
    platform = new BookingPlatform(stack);
    undisturbed = (await stateAfterDemo()).rowDigest;
  }, 120_000);
  afterAll(async () => {
    await platform?.close();
    await stack?.stop();
  });
  beforeEach(() => {
    for (const { name } of subscriptions)
      stack.google.pubsub?.deliver(name, { copies: 1, shuffleWindowMs: 0, seed: 1 });
  });

  it("every message delivered three times in random order leaves the same row and one of each effect", async () => {
    for (const { name } of subscriptions) {
      stack.google.pubsub?.deliver(name, { copies: 3, shuffleWindowMs: 20_000, seed: 42 });
    }
    expect(await stateAfterDemo()).toEqual({ rowDigest: undisturbed, ...ONE_OF_EACH });
  }, 120_000);

  it("a recording that loses one per cent of its bytes on the way is read again, whole", async () => {
    stack.google.drive.mediaFaults.add({ kind: "cut", fraction: 0.01, declares: "sent", times: 3 });
    stack.google.drive.mediaFaults.add({ kind: "cut", fraction: 0.01, declares: "whole", times: 2 });
    expect(await stateAfterDemo()).toEqual({ rowDigest: undisturbed, ...ONE_OF_EACH });
  }, 120_000);

  it.each(SLICE_OF_KILLS)(
    "functions killed at a moment drawn from seed %i leaves the same row",
    async (seed) => {
      const { state } = await runWithKill({ stack, script, seed });
      expect(state).toEqual({ rowDigest: undisturbed, ...ONE_OF_EACH });
    },
    120_000,
  );
});
