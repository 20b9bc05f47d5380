import { http } from "@google-cloud/functions-framework";
import { makeCallerVerifier } from "#google/caller-verifier.ts";
import { makeSmtpMailer } from "#mail/smtp-mailer.ts";
import { readEnvironment } from "#runtime/environment.ts";
import { makeLogger } from "#runtime/logger.ts";
import { makeScheduledFunction } from "#runtime/scheduled-function.ts";
import { makeSupabase } from "#supabase/client.ts";
import { makeMessageStore } from "#supabase/message-store.ts";
import { sendRemindersEnvironment } from "./config.ts";
import { makeHandler } from "./handler.ts";

const config = readEnvironment(sendRemindersEnvironment, process.env);
const { SMTP_USER: user, SMTP_PASSWORD: password } = config;

http(
  "send-reminders",
  makeScheduledFunction({
    log: makeLogger("send-reminders"),
    callers: makeCallerVerifier({
      audience: config.OIDC_AUDIENCE,
      callers: config.OIDC_CALLERS,
      oauthEndpoint: config.GOOGLE_OAUTH_ENDPOINT,
    }),
    handle: makeHandler({
      messages: makeMessageStore(makeSupabase({ url: config.SUPABASE_URL, secretKey: config.SUPABASE_SECRET_KEY })),
      mailer: makeSmtpMailer({
        host: config.SMTP_HOST,
        port: config.SMTP_PORT,
        from: config.MAIL_FROM,
        ...(user !== undefined && password !== undefined && { login: { user, password } }),
      }),
      links: { reconnectUrl: config.RECONNECT_URL },
      claimSeconds: config.MAIL_CLAIM_SECONDS,
      retrySeconds: config.MAIL_RETRY_SECONDS,
    }),
  }),
);
