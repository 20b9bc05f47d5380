import { type meet_v2, meet as meetApi } from "googleapis/build/src/apis/meet/index.js";
import type { z } from "zod";
import { parseAnswer } from "#google/answer.ts";
import type { ConsultantAuth } from "#google/consultant-auth.ts";
import { googleError } from "#google/errors.ts";
import { type Page, readPages } from "#google/pages.ts";

export interface MeetOptions {
  readonly auth: ConsultantAuth;
  /** Another address than Google's, without a path: the client drops paths. */
  readonly endpoint?: string | undefined;
}

/** One request with the client of the consultant; `options` go to the generated method's second parameter. */
export type MeetRequest<Answer> = (
  meet: meet_v2.Meet,
  options: { readonly timeout: number },
) => Promise<{ readonly data: Answer }>;

/** Calls Meet for one consultant and turns its errors into verdicts. */
export interface MeetCalls {
  one<Answer>(userId: string, send: MeetRequest<Answer>): Promise<Answer>;
  list<Answer, Schema extends z.ZodType>(
    userId: string,
    schema: Schema,
    pages: {
      readonly send: (pageToken: { pageToken?: string }) => MeetRequest<Answer>;
      readonly read: (answer: Answer) => Page<unknown>;
    },
  ): Promise<z.output<Schema>[]>;
}

const REQUEST_TIMEOUT_MS = 20_000;

export function makeMeetCalls({ auth, endpoint }: MeetOptions): MeetCalls {
  const rootUrl = endpoint === undefined ? {} : { rootUrl: `${endpoint}/` };
  const one = async <Answer>(userId: string, send: MeetRequest<Answer>): Promise<Answer> => {
    try {
      const meet = meetApi({ version: "v2", auth: await auth.clientFor(userId), ...rootUrl });
      return (await send(meet, { timeout: REQUEST_TIMEOUT_MS })).data;
    } catch (thrown) {
      throw googleError(thrown, { api: "Meet", userId });
    }
  };
  return {
    one,
    list: async (userId, schema, { send, read }) => {
      const items = await readPages("Meet", async (pageToken) =>
        read(await one(userId, send(pageToken === undefined ? {} : { pageToken }))),
      );
      return items.map((item) => parseAnswer("Meet", schema, item));
    },
  };
}
