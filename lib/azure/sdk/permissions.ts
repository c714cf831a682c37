import type { AccessToken, TokenCredential } from "@azure/identity";
import * as z from "zod";
import type { CallOptions, Permissions } from "../../ports";
import { withDeadline } from "./pipeline";
import { callSdk, type SdkCall } from "./service-errors";
import { seconds } from "../../rotation/time/units";

export interface PermissionsOptions {
  readonly credential: TokenCredential;
  readonly armEndpoint: string;
  readonly armScope: string;
}

const maxCallMs = seconds(15);

const answerSchema = z.object({
  value: z.array(z.object({ actions: z.array(z.string()), notActions: z.array(z.string()).default([]) })),
});

/** What the rotator's identity may do, as far as Resource Manager reports it. */
export class ArmPermissions implements Permissions {
  readonly #options: PermissionsOptions;

  constructor(options: PermissionsOptions) {
    this.#options = options;
  }

  async principalId(options: CallOptions): Promise<string | null> {
    const [, payload = ""] = (await this.#token(options)).split(".");
    try {
      const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
      return z.object({ oid: z.guid() }).parse(claims).oid;
    } catch {
      return null;
    }
  }

  /**
   * Asks for the caller's own permissions, which needs no right beyond reading; any other answer than a plain one says
   * nothing.
   */
  async allows(resourceId: string, action: string, options: CallOptions): Promise<boolean | null> {
    const token = await this.#token(options);
    const path = `${resourceId}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01`;
    const url = `${this.#options.armEndpoint}${path}`;
    try {
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${token}`, accept: "application/json" },
        redirect: "manual",
        signal: withDeadline(options.signal, maxCallMs),
      });
      const parsed = answerSchema.safeParse(response.status === 200 ? await response.json() : await response.text());
      return parsed.success ? parsed.data.value.some((role) => covers(role, action)) : null;
    } catch {
      return null;
    }
  }

  async #token({ signal }: CallOptions): Promise<string> {
    const { credential, armScope } = this.#options;
    const abortSignal = withDeadline(signal, maxCallMs);
    const call: SdkCall = { operation: "managed identity token", effect: "read", refusal: () => null };
    const token: AccessToken | null = await callSdk(call, signal, () => credential.getToken(armScope, { abortSignal }));
    return token?.token ?? "";
  }
}

const covers = (
  role: { readonly actions: readonly string[]; readonly notActions: readonly string[] },
  action: string,
): boolean =>
  role.actions.some((pattern) => matches(pattern, action)) &&
  !role.notActions.some((pattern) => matches(pattern, action));

/** `*` stands for anything; case does not matter. */
const matches = (pattern: string, action: string): boolean =>
  new RegExp(
    `^${pattern
      .split("*")
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
    "i",
  ).test(action);
