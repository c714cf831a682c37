import { identityRemedies } from "../../../remedies";
import type { FailureRow } from "./failure-row";

/** The codes are those that `readFailure` gives: Entra's own (AADSTS…), or what the identity endpoint meant. */
export const identityFailures: readonly FailureRow<void>[] = [
  {
    status: null,
    codes: ["NoManagedIdentity"],
    lasts: "Forbidden",
    cause: "this app has no managed identity",
    remedy: () => identityRemedies.noIdentity,
  },
  {
    status: null,
    codes: ["IdentityRefused"],
    lasts: "Forbidden",
    cause: "the identity endpoint does not know the identity",
    remedy: () => identityRemedies.tokenRefused,
  },
  {
    status: null,
    codes: ["AADSTS700016", "AADSTS700082", "AADSTS90002", "AADSTS500011", "AADSTS50001"],
    lasts: "Forbidden",
    cause: "Entra does not know the app, the tenant or the service in this tenant",
    remedy: () => identityRemedies.unknownInTenant,
  },
  {
    status: null,
    codes: ["AADSTS7000215", "AADSTS7000222", "AADSTS700027", "AADSTS700024"],
    lasts: "Forbidden",
    cause: "Entra refuses the secret, certificate or assertion of the app",
    remedy: () => identityRemedies.badSecret,
  },
  {
    status: null,
    codes: ["AADSTS7000112", "AADSTS50057"],
    lasts: "Forbidden",
    cause: "the app or the identity is disabled in Entra",
    remedy: () => identityRemedies.disabled,
  },
  {
    status: null,
    codes: ["AADSTS53003", "AADSTS53000", "AADSTS530003"],
    lasts: "Forbidden",
    cause: "Conditional Access refuses the identity",
    remedy: () => identityRemedies.conditionalAccess,
  },
  {
    status: null,
    codes: ["AADSTS90033", "AADSTS90012", "AADSTS90006", "AADSTS50196"],
    lasts: null,
    cause: "Entra is not available for a moment",
    remedy: () => identityRemedies.noToken,
  },
  {
    status: null,
    codes: ["AuthenticationError"],
    lasts: "Forbidden",
    cause: "Entra refuses the identity a token",
    remedy: () => identityRemedies.tokenRefused,
  },
  {
    status: null,
    codes: ["IdentityUnreachable"],
    lasts: null,
    cause: "the identity endpoint does not answer",
    remedy: () => identityRemedies.noToken,
  },
  {
    status: null,
    codes: ["AggregateAuthenticationError", "CredentialUnavailableError", "AuthenticationRequiredError"],
    lasts: null,
    cause: "no token was given",
    remedy: () => identityRemedies.noToken,
  },
];
