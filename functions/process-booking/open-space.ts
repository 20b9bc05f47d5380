import type { PipelineStatus } from "#domain/booking.ts";
import { NeedsReconnectError, PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { MeetingRooms } from "#ports/meeting-rooms.ts";

export interface SpaceRequest {
  readonly userId: string;
  readonly meetingCode: string;
  readonly autoRecording: boolean;
  readonly note: (effect: string, key: string, outcome: string) => void;
}

/** The room behind a link, and what the row should say about it. */
export interface OpenedSpace {
  /** Null when the space must be asked for again. */
  readonly spaceName: string | null;
  readonly status: PipelineStatus;
  readonly reason: string | null;
  /** Set when a later try may find it. */
  readonly retry: Error | null;
}

/**
 * Finds the room's stable name, by which recordings are found later, and asks Meet to record by itself when the
 * service wants that. The link works whatever becomes of this, so what fails is told and not thrown.
 */
export async function openSpace(meetings: MeetingRooms, request: SpaceRequest): Promise<OpenedSpace> {
  try {
    const spaceName = await meetings.spaceOf(request.userId, request.meetingCode);
    request.note("meet.space", spaceName, "found");
    const reason = request.autoRecording ? await requestRecording(meetings, request, spaceName) : null;
    return { spaceName, status: "scheduled", reason, retry: null };
  } catch (error) {
    if (error instanceof RetryableError) {
      return { spaceName: null, status: "pending", reason: error.message, retry: error };
    }
    if (!(error instanceof PermanentError)) throw error;
    request.note("meet.space", request.meetingCode, error.code);
    const status = error instanceof NeedsReconnectError ? "needs_reconnect" : "failed";
    const reason = `The Meet link works, but recordings of the meeting cannot be found: ${error.message}`;
    return { spaceName: null, status, reason, retry: null };
  }
}

/** A consultant whose edition or consent has no recording still has a meeting; only a dead access is thrown. */
async function requestRecording(
  meetings: MeetingRooms,
  request: SpaceRequest,
  spaceName: string,
): Promise<string | null> {
  try {
    await meetings.requestRecording(request.userId, spaceName);
    request.note("meet.recording", spaceName, "requested");
    return null;
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    if (error instanceof NeedsReconnectError && error.code !== "google_scope_missing") throw error;
    request.note("meet.recording", spaceName, error.code);
    return `The recording will not start by itself: ${error.message}`;
  }
}
