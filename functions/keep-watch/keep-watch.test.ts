import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Secret } from "#kernel/secret.ts";
import { PermanentError, RetryableError } from "#kernel/verdicts.ts";
import type { GoogleOauth } from "#ports/google-oauth.ts";
import type { MeetingEventSubscription, MeetingEventSubscriptions } from "#ports/meeting-event-subscriptions.ts";
import { makeConsultantTokenStore } from "#supabase/consultant-token-store.ts";
import { makeGoogleConnectionStore } from "#supabase/google-connection-store.ts";
import { makeMeetingEventSubscriptionStore } from "#supabase/meeting-event-subscription-store.ts";
import { makeOauthStateStore } from "#supabase/oauth-state-store.ts";
import type { TestApi } from "#testing/api.ts";
import { openTestDatabase, type TestDatabase } from "#testing/database.ts";
import type { Duty } from "./duty.ts";
import { makeFinishDisconnects } from "./finish-disconnects.ts";
import { makeHandler } from "./handler.ts";
import { makeRenewSubscriptions } from "./renew-subscriptions.ts";

let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await openTestDatabase();
  api = await database.api();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.sql("delete from private.workspace_subscriptions");
  await database.sql("delete from public.google_connections");
});

async function connected(sub: string): Promise<string> {
  const { id } = await database.createUser();
  await connect(id, sub);
  return id;
}
const connect = (userId: string, sub: string) =>
  database.sql("select public.connect_google($1, $2, $3)", [
    userId,
    JSON.stringify({ sub, email: `${sub}@example.com`, scopes: [] }),
    `1//${sub}`,
  ]);

describe("a run of keep-watch", () => {
  const duty = (name: string, run: Duty["run"]): Duty => ({ name, run });

  it("does every duty though one fails, and says which", async () => {
    const failures: string[] = [];
    const ran: string[] = [];
    const run = makeHandler({
      reportFailure: (name, error) => failures.push(`${name}: ${error.message}`),
      duties: [
        duty("first", () => Promise.reject(new Error("no database"))),
        duty("second", async () => ran.push("second")),
        duty("third", () => {
          throw new Error("at once");
        }),
      ],
    });
    await expect(run()).rejects.toMatchObject({ code: "duties_failed", message: "failed duties: first, third" });
    expect([ran, failures.sort()]).toEqual([["second"], ["first: no database", "third: at once"]]);
  });

  it("tells what each duty repaired", async () => {
    const run = makeHandler({
      reportFailure: () => undefined,
      duties: [duty("a", async () => 0), duty("b", async () => 2)],
    });
    expect(await run()).toEqual({ kind: "done", detail: "a 0, b 2" });
  });
});

describe("the subscriptions", () => {
  const inSevenDays = new Date("2026-11-27T10:00:00Z");
  const alive = (name: string): MeetingEventSubscription => ({
    name,
    active: true,
    suspensionReason: null,
    expiresAt: inSevenDays,
  });
  const suspended = (name: string): MeetingEventSubscription => ({
    ...alive(name),
    active: false,
    suspensionReason: "USER_SCOPE_REVOKED",
  });

  /** Google, answering as told, and what it was asked. */
  function googleWith(answers: Partial<MeetingEventSubscriptions>): MeetingEventSubscriptions & { asked: string[] } {
    const asked: string[] = [];
    const google: MeetingEventSubscriptions = {
      ensure: async (_userId, sub) => alive(`subscriptions/new-${sub}`),
      get: async (_userId, name) => alive(name),
      renew: async (_userId, name) => alive(name),
      reactivate: async (_userId, name) => alive(name),
      remove: async () => undefined,
      ...answers,
    };
    const noting =
      <Args extends unknown[], Answer>(call: (...args: Args) => Answer, words: (...args: Args) => string) =>
      (...args: Args): Answer => {
        asked.push(words(...args));
        return call(...args);
      };
    return {
      asked,
      ensure: noting(google.ensure, (_userId, sub) => `ensure ${sub}`),
      get: noting(google.get, () => "get"),
      renew: noting(google.renew, () => "renew"),
      reactivate: noting(google.reactivate, () => "reactivate"),
      remove: google.remove,
    };
  }

  const renewal = (subscriptions: MeetingEventSubscriptions, retrySeconds = 60) =>
    makeRenewSubscriptions({
      subscriptions,
      store: makeMeetingEventSubscriptionStore(api.service),
      claimSeconds: 300,
      checkSeconds: 3600,
      retrySeconds,
    }).run();

  const rows = () =>
    database.sql<{ name: string | null; problem: string | null; failures: number }>(
      "select name, problem, failures from private.workspace_subscriptions order by google_sub",
    );
  const makeDue = () => database.sql("update private.workspace_subscriptions set check_at = now()");

  it("are made for consultants who were connected without one, and then left alone until they are due", async () => {
    await connected("1001");
    const google = googleWith({});
    expect([await renewal(google), await renewal(google)]).toEqual([1, 0]);
    expect([google.asked, await rows()]).toEqual([
      ["ensure 1001"],
      [{ name: "subscriptions/new-1001", problem: null, failures: 0 }],
    ]);
  });

  it.each<[string, Partial<MeetingEventSubscriptions>, string[]]>([
    ["that live are renewed", {}, ["get", "renew"]],
    ["that have expired are made anew", { get: async () => null }, ["get", "ensure 1001"]],
    ["that end between two looks are made anew", { renew: async () => null }, ["get", "renew", "ensure 1001"]],
    ["that rest are woken and renewed", { get: async (_, name) => suspended(name) }, ["get", "reactivate", "renew"]],
    [
      "that are gone when woken are made anew",
      { get: async (_, name) => suspended(name), reactivate: async () => null },
      ["get", "reactivate", "ensure 1001"],
    ],
  ])("%s", async (_what, answers, asked) => {
    await connected("1001");
    await renewal(googleWith({}));
    await makeDue();
    const google = googleWith(answers);
    expect([await renewal(google), google.asked]).toEqual([1, asked]);
  });

  it("that stay suspended are noted with Google's reason", async () => {
    await connected("1001");
    await renewal(googleWith({}));
    await makeDue();
    const rests = async (_: string, name: string) => suspended(name);
    expect(await renewal(googleWith({ get: rests, reactivate: rests }))).toBe(0);
    expect(await rows()).toMatchObject([{ problem: "Google has suspended it: USER_SCOPE_REVOKED", failures: 1 }]);
  });

  it("of one consultant fail alone, and wait twice as long each time", async () => {
    await connected("1001");
    await connected("1002");
    const down = googleWith({
      ensure: async (_userId, sub) => {
        if (sub === "1001") throw new PermanentError("Google Workspace Events does not allow this.", { code: "x" });
        return alive(`subscriptions/new-${sub}`);
      },
    });
    expect(await renewal(down)).toBe(1);
    const waits: number[] = [];
    for (let tries = 0; tries < 4; tries += 1) {
      await makeDue();
      await renewal(down);
      const [row] = await database.sql<{ wait: number }>(
        "select extract(epoch from check_at - now())::float as wait from private.workspace_subscriptions where google_sub = '1001'",
      );
      waits.push(Math.round((row?.wait ?? 0) / 60));
    }
    expect(waits).toEqual([2, 4, 8, 16]);
  });

  it("of another account than before are made anew at once", async () => {
    const id = await connected("1001");
    await renewal(googleWith({}));
    await connect(id, "2002");
    const google = googleWith({});
    await renewal(google);
    expect([google.asked, (await rows()).map(({ name }) => name)]).toEqual([
      ["ensure 2002"],
      ["subscriptions/new-2002"],
    ]);
  });

  it("of a consultant who leaves in the middle are not kept", async () => {
    const id = await connected("1001");
    const google = googleWith({
      ensure: async (userId) => {
        await database.sql("select public.disconnect_google($1)", [userId]);
        return alive("subscriptions/late");
      },
    });
    expect(await renewal(google)).toBe(0);
    expect(await database.sql("select name from private.workspace_subscriptions where user_id = $1", [id])).toEqual([
      { name: null },
    ]);
  });

  it("are handed to one of two runs at the same moment", async () => {
    for (let n = 0; n < 5; n += 1) await connected(`10${n}`);
    const google = googleWith({});
    const repaired = await Promise.all([renewal(google), renewal(google)]);
    expect([repaired[0] + repaired[1], google.asked.length]).toEqual([5, 5]);
  });

  it("lead from an event's source to the consultant, and are looked at when Google warns", async () => {
    const id = await connected("1001");
    await renewal(googleWith({}));
    const source = "//workspaceevents.googleapis.com/subscriptions/new-1001";
    const asService = database.asRole("service_role");
    expect(await asService("select public.user_of_workspace_subscription($1) as id", [source])).toEqual([{ id }]);
    expect(await asService("select public.user_of_workspace_subscription('subscriptions/x') as id")).toEqual([
      { id: null },
    ]);
    await asService("select public.recheck_workspace_subscription($1)", [source]);
    const google = googleWith({});
    await renewal(google);
    expect(google.asked).toEqual(["get", "renew"]);
  });
});

describe("disconnects that were not finished", () => {
  function finishing(revoke: GoogleOauth["revoke"]): Duty {
    return makeFinishDisconnects({
      connections: makeGoogleConnectionStore(api.service),
      tokens: makeConsultantTokenStore(api.service),
      oauth: { consentUrl: () => "", exchange: async () => null, revoke },
      olderThanSeconds: 0,
    });
  }
  const tokensLeft = async () =>
    (await database.sql("select 1 from public.user_tokens t join public.google_connections g using (user_id)")).length;
  const leave = (id: string) => database.sql("select public.disconnect_google($1)", [id]);

  it("are finished: revoked at Google, then deleted", async () => {
    const [gone] = [await connected("1001"), await connected("1002")];
    await leave(gone);
    const revoked: Secret[] = [];
    await finishing(async (token) => void revoked.push(token)).run();
    expect([revoked.map((token) => token.reveal()), await tokensLeft()]).toEqual([["1//1001"], 1]);
  });

  it("stay for the next run when Google cannot be told, without keeping the others back", async () => {
    const ids = [await connected("1001"), await connected("1002")];
    for (const id of ids) await leave(id);
    const duty = finishing(async (token) => {
      if (token.reveal() === "1//1001") throw new RetryableError("down", { code: "google_unavailable" });
    });
    await expect(duty.run()).rejects.toMatchObject({ code: "google_unavailable" });
    expect(await tokensLeft()).toBe(1);
  });

  it("end also when Google refuses for good", async () => {
    await leave(await connected("1001"));
    await finishing(() => Promise.reject(new PermanentError("no", { code: "google_refused" }))).run();
    expect(await tokensLeft()).toBe(0);
  });

  it("of a consultant who has connected again are nobody's business", async () => {
    const id = await connected("1001");
    await leave(id);
    await connect(id, "1001");
    await finishing(() => Promise.reject(new Error("must not be asked"))).run();
    expect(await tokensLeft()).toBe(1);
  });
});

describe("values that were good for one use", () => {
  it("are swept away once they are used or expired", async () => {
    const { id } = await database.createUser();
    const states = makeOauthStateStore(api.service);
    const flow = (letter: string) => ({
      stateSha256: letter.repeat(64),
      cookieSha256: "c".repeat(64),
      codeVerifier: "v",
      nextPath: null,
    });
    await states.create(id, flow("a"), 600);
    await states.create(id, flow("b"), -1);
    expect([await states.prune(), await states.use("a".repeat(64), "c".repeat(64))]).toEqual([
      1,
      { userId: id, codeVerifier: "v", nextPath: null },
    ]);
  });
});
