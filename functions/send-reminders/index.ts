import { http } from "@google-cloud/functions-framework";
import { makeCallerVerifier } from "#google/caller-verifier.ts";
import { makeTraceExporter } from "#google/trace-exporter.ts";
import { makeSmtpMailer } from "#mail/smtp-mailer.ts";
import { readEnvironment } from "#runtime/environment.ts";
import { makeLogger } from "#runtime/logger.ts";
import { workOn } from "#runtime/run-context.ts";
import { makeScheduledFunction } from "#runtime/scheduled-function.ts";
import { systemClock } from "#runtime/system-clock.ts";
import { traced } from "#runtime/traced.ts";
import { makeTracing } from "#runtime/tracing.ts";
import { makeSupabase } from "#supabase/client.ts";
import { makeMessageStore } from "#supabase/message-store.ts";
import { sendRemindersEnvironment } from "./config.ts";
import { makeHandler } from "./handler.ts";

const NAME = "send-reminders";
const config = readEnvironment(sendRemindersEnvironment, process.env);
const log = makeLogger(NAME);
const tracing = makeTracing({ name: NAME, config, clock: systemClock, log, exporter: makeTraceExporter(NAME, config) });
const supabase = makeSupabase({ url: config.SUPABASE_URL, secretKey: config.SUPABASE_SECRET_KEY });
const { SMTP_USER: user, SMTP_PASSWORD: password } = config;

http(
  NAME,
  makeScheduledFunction({
    log,
    tracing,
    callers: makeCallerVerifier({
      audience: config.OIDC_AUDIENCE,
      callers: config.OIDC_CALLERS,
      oauthEndpoint: config.GOOGLE_OAUTH_ENDPOINT,
    }),
    handle: makeHandler({
      messages: traced("mails", makeMessageStore(supabase)),
      workOn,
      mailer: traced(
        "smtp",
        makeSmtpMailer({
          host: config.SMTP_HOST,
          port: config.SMTP_PORT,
          from: config.MAIL_FROM,
          ...(user !== undefined && password !== undefined && { login: { user, password } }),
        }),
      ),
      links: { reconnectUrl: config.RECONNECT_URL },
      claimSeconds: config.MAIL_CLAIM_SECONDS,
      retrySeconds: config.MAIL_RETRY_SECONDS,
    }),
  }),
);
