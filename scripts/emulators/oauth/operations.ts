import type { Operation } from "../rest/operation.ts";
import { authorizationOperations } from "./authorization-endpoint.ts";
import { iamCredentialsOperations } from "./iam-credentials.ts";
import type { OAuthState } from "./oauth-state.ts";
import { tokenOperations } from "./token-endpoint.ts";
import { tokenManagementOperations } from "./token-operations.ts";

/** All that the three hosts answer. */
export const operations: readonly Operation<OAuthState>[] = [
  ...authorizationOperations,
  ...tokenOperations,
  ...tokenManagementOperations,
  ...iamCredentialsOperations,
];
