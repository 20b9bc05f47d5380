import type { ApiRole } from "./signing-keys.ts";

export interface ApiKeys {
  /** `sb_publishable_…` */
  readonly publishableKey: string;
  /** `sb_secret_…` */
  readonly secretKey: string;
}

export interface PresentedKeys {
  readonly apikey: string | undefined;
  readonly authorization: string | undefined;
  readonly userAgent: string | undefined;
}

export type Admission =
  /** No user's token: the gateway signs one for this role. */
  | { readonly kind: "role"; readonly role: ApiRole }
  /** A user's token, passed on as it is and verified behind the gateway. */
  | { readonly kind: "user"; readonly token: string; readonly keyRole: ApiRole }
  | { readonly kind: "refused"; readonly message: string; readonly hint: string };

const newFormat = /^sb_(publishable|secret)_/;

/** Who a request is, by the platform's rules for the new API keys. */
export function admit(presented: PresentedKeys, keys: ApiKeys): Admission {
  const { apikey, authorization, userAgent } = presented;
  if (!apikey) return refused("No API key found in request", "No `apikey` request header or url param was found.");
  const keyRole = roleOf(apikey, keys);
  if (!keyRole) return refused("Invalid API key", "Double check your Supabase `anon` or `service_role` API key.");
  if (keyRole === "service_role" && isBrowser(userAgent)) {
    return refused("Forbidden use of secret API key in browser", "Secret API keys can only be used in a server.");
  }
  const token = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
  if (!token || token === apikey) return { kind: "role", role: keyRole };
  if (newFormat.test(token)) return refused("Invalid API key", "A Bearer API key must equal the `apikey` header.");
  return { kind: "user", token, keyRole };
}

/** Keys of the platform's form; random for every stack. */
export function createApiKeys(): ApiKeys {
  const random = () => crypto.randomUUID().replaceAll("-", "");
  return { publishableKey: `sb_publishable_${random()}`, secretKey: `sb_secret_${random()}` };
}

function roleOf(apikey: string, keys: ApiKeys): ApiRole | undefined {
  if (apikey === keys.secretKey) return "service_role";
  if (apikey === keys.publishableKey) return "anon";
  return undefined;
}

function isBrowser(userAgent: string | undefined): boolean {
  return /^Mozilla\//.test(userAgent ?? "");
}

function refused(message: string, hint: string): Admission {
  return { kind: "refused", message, hint };
}
