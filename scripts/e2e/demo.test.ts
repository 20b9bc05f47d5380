import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type MeetingScript, readMeeting } from "../demo/meeting-file.ts";
import { type DemoResult, runDemo } from "../demo/run-demo.ts";
import { BookingPlatform } from "../local/booking-platform.ts";
import { localProject } from "../local/local-project.ts";
import { type LocalStack, startStack } from "../local/start-stack.ts";
import { finalStateOf, ONE_OF_EACH } from "../soak/final-state.ts";
import { heardShare, rightSpeakerShare } from "../soak/transcript-quality.ts";

describe("the main job on a local stack", () => {
  let stack: LocalStack;
  let script: MeetingScript;
  let result: DemoResult;

  beforeAll(async () => {
    [stack, script] = await Promise.all([startStack(), readMeeting(undefined)]);
    result = await runDemo({ stack, script });
  }, 120_000);
  afterAll(() => stack?.stop());

  it("writes every result back to the booking row", () => {
    const { booking } = result;
    expect(booking).toMatchObject({ pipeline_status: "analyzed", pipeline_reason: null, status: "confirmed" });
    expect(booking.google_calendar_event_id).toMatch(/^[0-9a-v]{34,}$/);
    expect(booking.google_calendar_link).toMatch(/^https:\/\/www\.google\.com\/calendar\/event/);
    expect(booking.meeting_link).toMatch(/^https:\/\/meet\.google\.com\/[a-z]{3}-[a-z]{4}-[a-z]{3}$/);
    expect(booking.meeting_id).toMatch(/^spaces\//);
    expect(booking.meeting_recording_url).toMatch(/^https:\/\/drive\.google\.com\//);
    expect(booking.ai_insights).toMatchObject({
      summary: expect.anything(),
      sentiment: { score: expect.any(Number), magnitude: expect.any(Number), label: expect.any(String) },
      entities: expect.arrayContaining([expect.objectContaining({ name: expect.any(String) })]),
    });
  });

  it("hears every spoken word, in order", () => {
    expect(heardShare(script, result.booking.meeting_transcript ?? "")).toBeGreaterThanOrEqual(0.999);
  });

  it("gives the turns their speakers", () => {
    expect(rightSpeakerShare(script, result.booking.meeting_transcript ?? "")).toBeGreaterThanOrEqual(0.99);
  });

  it("leaves one calendar event, recording, audio object, paid transcription and confirmation", async () => {
    const mail = await stack.google.nextMailTo(String(result.booking["customer_email"]));
    expect(mail.raw).toContain(result.booking.meeting_link);
    const platform = new BookingPlatform(stack);
    expect(await finalStateOf(stack, platform, result.booking)).toMatchObject(ONE_OF_EACH);
    await platform.close();
  });

  it("writes no secret, no name and no spoken word into the functions' logs", async () => {
    const files = await readdir(stack.logsFolder);
    const logs = await Promise.all(files.map((file) => readFile(path.join(stack.logsFolder, file), "utf8")));
    const all = logs.join("\n");
    expect(all).toContain('"outcome":"done"');
    const { booking } = result;
    const hidden = [
      ...[stack.addresses.supabaseSecretKey, localProject.clientSecret, "ya29.", "Bearer ", "upload_id="],
      ...[String(booking["customer_name"]), String(booking["customer_email"]), "Northline Parcel"],
    ];
    expect(hidden.filter((text) => all.includes(text))).toEqual([]);
    expect(all).not.toMatch(/\b1\/\/[\w-]{10,}|\beyJ[\w-]{10,}\./);
  });

  it("tells the booking's story in order", () => {
    const events = result.timeline.map((entry) => entry.event);
    expect(events[0]).toContain("a change was recorded");
    expect(events.some((event) => event.includes("calendar.insert"))).toBe(true);
    expect(result.stages.map((stage) => stage.name)).toEqual([
      "connect",
      "book",
      "schedule",
      "meet",
      "capture",
      "transcribe",
      "analyze",
    ]);
  });
});
