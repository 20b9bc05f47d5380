import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { manualClock } from "../rest/emulator.ts";
import type { LeasedDelivery } from "./delivery.ts";
import type { PublishedMessage } from "./published-message.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { seededRandom } from "./seeded-random.ts";
import { SubscriptionQueue } from "./subscription-queue.ts";
import type { SubscriptionSettings } from "./subscription-settings.ts";

const settings: SubscriptionSettings = {
  name: "projects/p/subscriptions/process-booking",
  topic: "projects/p/topics/booking-events",
  ackDeadlineMs: 60_000,
  retentionMs: 7 * 86_400_000,
  retry: { minMs: 10_000, maxMs: 300_000 },
  deadLetter: { topic: "projects/p/topics/dead", maxDeliveryAttempts: 5 },
  push: null,
};

function newQueue(options: Partial<SubscriptionSettings> = {}, { deadLetterTopicExists = true } = {}) {
  const clock = manualClock(new Date("2026-11-20T10:00:00Z"));
  const deadLettered: string[] = [];
  const queue = new SubscriptionQueue(
    { ...settings, ...options },
    {
      clock,
      random: seededRandom(1),
      deadLetter: (delivery) => deadLetterTopicExists && deadLettered.push(delivery.message.messageId) > 0,
      onReady: () => {},
      onFinished: () => {},
    },
  );
  const add = (messageId: string): void => {
    const { topic } = settings;
    const content = { data: Buffer.from(messageId), attributes: {}, orderingKey: "" };
    const message: PublishedMessage = { ...content, messageId, topic, publishedAt: clock.now() };
    queue.add(message);
  };
  const take = (max: number): LeasedDelivery[] => queue.take(max, { leaseMs: 60_000, clock });
  return { clock, queue, deadLettered, add, take };
}

type Step =
  | { kind: "publish" }
  | { kind: "take"; max: number }
  | { kind: "ack" | "nack" | "extend"; pick: number }
  | { kind: "dropAck" | "pause" | "resume" }
  | { kind: "advance"; seconds: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>({ kind: "publish" }),
  fc.record({ kind: fc.constant("take" as const), max: fc.nat(5) }),
  fc.record({ kind: fc.constantFrom("ack" as const, "nack" as const, "extend" as const), pick: fc.nat(50) }),
  fc.record({ kind: fc.constantFrom("dropAck" as const, "pause" as const, "resume" as const) }),
  fc.record({ kind: fc.constant("advance" as const), seconds: fc.nat(400) }),
);

describe("a subscription's queue", () => {
  it("loses nothing and doubles nothing, whatever subscribers do", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { clock, queue, deadLettered, add, take } = newQueue();
        const leases: string[] = [];
        let published = 0;
        const run: Record<Step["kind"], (given: Step) => unknown> = {
          publish: () => add(String(++published)),
          take: (given) => leases.push(...take("max" in given ? given.max : 0).map((delivery) => delivery.ackId)),
          ack: (given) => queue.ack(leases["pick" in given ? given.pick % Math.max(1, leases.length) : 0] ?? ""),
          nack: (given) =>
            queue.nack(leases["pick" in given ? given.pick % Math.max(1, leases.length) : 0] ?? "", "no"),
          extend: (given) =>
            queue.extend(leases["pick" in given ? given.pick % Math.max(1, leases.length) : 0] ?? "", 1),
          dropAck: () => queue.dropAcks(1),
          pause: () => queue.pause(),
          resume: () => queue.resume(),
          advance: (given) => clock.advance("seconds" in given ? given.seconds * 1_000 : 0),
        };
        for (const given of steps) {
          run[given.kind](given);
          const { outstanding, undelivered, acked, "dead-lettered": dead, expired } = queue.counts();
          expect(outstanding + undelivered + acked + dead + expired).toBe(published);
          expect(dead).toBe(deadLettered.length);
        }
        queue.resume();
        for (let round = 0; round < 10 && !queue.isIdle; round += 1) {
          clock.advance(400_000);
          for (const delivery of take(1_000)) queue.ack(delivery.ackId);
        }
        const states = queue.deliveries().map((delivery) => delivery.message.messageId);
        expect(states.toSorted()).toEqual(
          Array.from({ length: published }, (_, index) => String(index + 1)).toSorted(),
        );
        expect(queue.isIdle).toBe(true);
        for (const { failures } of queue.deliveries()) expect(failures).toBeLessThanOrEqual(5);
      }),
      { numRuns: 200 },
    );
  });

  it("never leases one delivery to two at once", () => {
    const { clock, queue, add, take } = newQueue({ deadLetter: null });
    add("1");
    const [first] = take(10);
    expect(take(10)).toEqual([]);
    clock.advance(60_000 + 300_000);
    const [second] = take(10);
    expect(second?.message.messageId).toBe("1");
    expect(queue.ack(first?.ackId ?? "")).toBe(false);
    expect(queue.ack(second?.ackId ?? "")).toBe(true);
  });

  it("drops what is older than the subscription's retention", () => {
    const { clock, queue, add, take } = newQueue({ retentionMs: 600_000 });
    add("old");
    clock.advance(600_001);
    expect(take(1)).toEqual([]);
    expect(queue.counts().expired).toBe(1);
  });

  it("keeps trying when the dead letter topic is gone", () => {
    const { queue, add, take } = newQueue({ retry: null }, { deadLetterTopicExists: false });
    add("1");
    for (let attempt = 1; attempt <= 20; attempt += 1) {
      const [delivery] = take(1);
      expect(delivery?.deliveryAttempt).toBe(attempt);
      queue.nack(delivery?.ackId ?? "", "no");
    }
    expect(queue.counts().undelivered).toBe(1);
  });
});

describe("the delay before a redelivery", () => {
  it("doubles within the policy, with jitter that never leaves it", () => {
    const policy = { minMs: 10_000, maxMs: 600_000 };
    const delays = (random: number) =>
      [1, 2, 3, 7, 100].map((failures) => retryDelayMs(failures, policy, { push: true, random: () => random }));
    expect(delays(0.5)).toEqual([10_000, 20_000, 40_000, 600_000, 600_000]);
    expect(delays(0)).toEqual([10_000, 18_000, 36_000, 576_000, 600_000]);
    expect(delays(0.999)[0]).toBeGreaterThan(10_900);
  });

  it("without a policy grows from 100 ms for push and is none for pull", () => {
    const delay = (failures: number, push: boolean) => retryDelayMs(failures, null, { push, random: () => 0.5 });
    expect([delay(1, true), delay(4, true), delay(50, true)]).toEqual([100, 800, 60_000]);
    expect(delay(3, false)).toBe(0);
  });
});
