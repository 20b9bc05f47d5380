import { createLocalJWKSet, jwtVerify } from "jose";
import { z } from "zod";
import type { Admission } from "./api-keys.ts";
import type { AuthStore, AuthUser } from "./auth-store.ts";
import { publishedJwks, type SigningKeys, sessionSeconds, signUserToken } from "./signing-keys.ts";

export interface AuthRequest {
  readonly admission: Admission;
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface AuthReply {
  readonly status: number;
  readonly json?: unknown;
}

export interface AuthContext {
  readonly store: AuthStore;
  readonly keys: SigningKeys;
  /** `<project url>/auth/v1` */
  readonly issuer: string;
}

export interface AuthEndpoint {
  readonly name: string;
  readonly method: string;
  /** Below `/auth/v1`, as a URLPattern path. */
  readonly path: string;
  /** Answered without an API key. */
  readonly open?: true;
  run(request: AuthRequest, context: AuthContext): Promise<AuthReply>;
}

/** An error in Auth's own shape; the gateway renders it. */
export class AuthError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const metadata = z.record(z.string(), z.unknown()).optional();
const signupBody = z.object({ email: z.email(), password: z.string().min(6), data: metadata });
const adminUserBody = z.object({
  id: z.uuid().optional(),
  email: z.email(),
  password: z.string().min(6).optional(),
  email_confirm: z.boolean().optional(),
  user_metadata: metadata,
  app_metadata: metadata,
});
const passwordBody = z.object({ email: z.string(), password: z.string() });
const refreshBody = z.object({ refresh_token: z.string() });

/** The endpoints of Auth that this product and its tests use; everything else answers 501 and names itself. */
export const authEndpoints: readonly AuthEndpoint[] = [
  {
    name: "auth.jwks",
    method: "GET",
    path: "/.well-known/jwks.json",
    open: true,
    run: async (_request, { keys }) => ({ status: 200, json: publishedJwks(keys) }),
  },
  {
    name: "auth.health",
    method: "GET",
    path: "/health",
    run: async () => ({ status: 200, json: { name: "GoTrue", version: "emulated", description: "stand-in" } }),
  },
  {
    name: "auth.signup",
    method: "POST",
    path: "/signup",
    async run({ body }, context) {
      const { email, password, data } = parse(signupBody, body);
      const user = await create(context, { email, password, userMetadata: data });
      return { status: 200, json: await session(user, context) };
    },
  },
  { name: "auth.token", method: "POST", path: "/token", run: token },
  {
    name: "auth.user",
    method: "GET",
    path: "/user",
    run: async (request, context) => ({ status: 200, json: await signedIn(request, context) }),
  },
  {
    name: "auth.logout",
    method: "POST",
    path: "/logout",
    async run(request, context) {
      await context.store.signOut((await signedIn(request, context)).id);
      return { status: 204 };
    },
  },
  {
    name: "auth.admin.createUser",
    method: "POST",
    path: "/admin/users",
    async run({ admission, body }, context) {
      requireSecretKey(admission);
      const given = parse(adminUserBody, body);
      const { id, email, password, user_metadata: userMetadata, app_metadata: appMetadata } = given;
      return { status: 200, json: await create(context, { id, email, password, userMetadata, appMetadata }) };
    },
  },
  {
    name: "auth.admin.listUsers",
    method: "GET",
    path: "/admin/users",
    async run({ admission }, { store }) {
      requireSecretKey(admission);
      return { status: 200, json: { users: await store.list(), aud: "authenticated" } };
    },
  },
  {
    name: "auth.admin.getUser",
    method: "GET",
    path: "/admin/users/:id",
    async run({ admission, params }, { store }) {
      requireSecretKey(admission);
      return { status: 200, json: found(await store.byId(params["id"] ?? "")) };
    },
  },
  {
    name: "auth.admin.deleteUser",
    method: "DELETE",
    path: "/admin/users/:id",
    async run({ admission, params }, { store }) {
      requireSecretKey(admission);
      return { status: 200, json: found(await store.remove(params["id"] ?? "")) };
    },
  },
];

async function token({ query, body }: AuthRequest, context: AuthContext): Promise<AuthReply> {
  const grant = query.get("grant_type");
  if (grant === "password") {
    const { email, password } = parse(passwordBody, body);
    const user = await context.store.signIn(email, password);
    if (!user) throw new AuthError(400, "invalid_credentials", "Invalid login credentials");
    return { status: 200, json: await session(user, context) };
  }
  if (grant === "refresh_token") {
    const user = await context.store.redeem(parse(refreshBody, body).refresh_token);
    if (!user) throw new AuthError(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found");
    return { status: 200, json: await session(user, context) };
  }
  throw new AuthError(400, "unsupported_grant_type", `unsupported_grant_type: ${grant}`);
}

async function session(user: AuthUser, { keys, issuer, store }: AuthContext): Promise<object> {
  const claims = { ...user, appMetadata: user.app_metadata, userMetadata: user.user_metadata };
  return {
    access_token: await signUserToken(keys, issuer, claims),
    token_type: "bearer",
    expires_in: sessionSeconds,
    expires_at: Math.floor(Date.now() / 1000) + sessionSeconds,
    refresh_token: await store.issueRefreshToken(user.id),
    user,
  };
}

async function signedIn({ admission }: AuthRequest, { keys, issuer, store }: AuthContext): Promise<AuthUser> {
  if (admission.kind !== "user") throw new AuthError(401, "no_authorization", "This endpoint requires a Bearer token");
  const verified = await jwtVerify(admission.token, createLocalJWKSet(publishedJwks(keys)), {
    issuer,
    audience: "authenticated",
    algorithms: ["ES256"],
  }).catch((cause: Error) => {
    throw new AuthError(403, "bad_jwt", `invalid JWT: unable to parse or verify signature, ${cause.message}`);
  });
  const user = await store.byId(verified.payload.sub ?? "");
  if (!user) throw new AuthError(403, "user_not_found", "User from sub claim in JWT does not exist");
  return user;
}

async function create({ store }: AuthContext, user: Parameters<AuthStore["insert"]>[0]): Promise<AuthUser> {
  try {
    return found(await store.insert(user));
  } catch (error) {
    if ((error as { code?: string }).code !== "23505") throw error;
    throw new AuthError(422, "email_exists", "A user with this email address has already been registered");
  }
}

function requireSecretKey(admission: Admission): void {
  const role = admission.kind === "user" ? admission.keyRole : admission.kind === "role" ? admission.role : undefined;
  if (role !== "service_role") throw new AuthError(403, "not_admin", "User not allowed");
}

function found(user: AuthUser | undefined): AuthUser {
  if (!user) throw new AuthError(404, "user_not_found", "User not found");
  return user;
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new AuthError(400, "validation_failed", z.prettifyError(result.error));
}
