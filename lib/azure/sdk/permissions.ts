import type { ArmOptions } from "./arm-options";
import { outgoingFetch } from "../../outgoing/fetch";
import type { AccessToken } from "@azure/identity";
import * as z from "zod";
import type { CallOptions } from "../../ports/call";
import type { Permissions } from "../../ports/permissions";
import { withDeadline } from "./pipeline";
import { callSdk, type SdkCall } from "./failures/service-errors";
import { seconds } from "../../rotation/time/units";

const maxCallMs = seconds(15);

const answerSchema = z.object({
  value: z.array(z.object({ actions: z.array(z.string()), notActions: z.array(z.string()).default([]) })),
  nextLink: z.string().nullish(),
});

type Roles = z.output<typeof answerSchema>["value"];

/** More pages than any identity's roles fill: a list that does not end says nothing. */
const maxPages = 50;

/** What the rotator's identity may do, as far as Resource Manager reports it. */
export class ArmPermissions implements Permissions {
  readonly #options: ArmOptions;

  constructor(options: ArmOptions) {
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
    const signal = withDeadline(options.signal, maxCallMs);
    try {
      const roles = await this.#roles(`${this.#options.armEndpoint}${path}`, token, signal);
      return roles?.some((role) => covers(role, action)) ?? null;
    } catch {
      return null;
    }
  }

  /** All pages; null where one of them is no plain answer, as the role that is asked for may be on it. */
  async #roles(first: string, token: string, signal: AbortSignal): Promise<Roles | null> {
    const roles: Roles = [];
    let url: string | null = first;
    for (let page = 1; url !== null; page++) {
      if (page > maxPages || !this.#isOwn(url)) return null;
      const headers = { authorization: `Bearer ${token}`, accept: "application/json" };
      const response: Response = await outgoingFetch(url, { headers, signal });
      const parsed = answerSchema.safeParse(response.status === 200 ? await response.json() : await response.text());
      if (!parsed.success) return null;
      roles.push(...parsed.data.value);
      url = parsed.data.nextLink || null;
    }
    return roles;
  }

  /** The token goes to Resource Manager alone, whatever a link says. */
  #isOwn(url: string): boolean {
    return new URL(url).origin === new URL(this.#options.armEndpoint).origin;
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
