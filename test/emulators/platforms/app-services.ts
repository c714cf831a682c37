import { armError } from "../arm-errors";
import { type Answer, type WireRequest } from "../wire";
import type { AppSetting, EmulatedAppService, SettingList } from "./app-service";
import { type ArmPlatform, listPage, type PlatformOperation } from "./arm-platform";

const pattern = new RegExp(
  String.raw`^(/subscriptions/([^/]+)/resourceGroups/[^/]+/providers/Microsoft\.Web/sites/([^/]+)(?:/slots/([^/]+))?)` +
    String.raw`/(config/configreferences/(?:appsettings|appsettings/refresh|connectionstrings)|instances|restart)/?$`,
  "i",
);

/**
 * Microsoft.Web/sites behind Resource Manager, as captured: `activeVersion` is null and `secretVersion` absent, the
 * kind of identity is a text. A list without references is answered 200 and empty, 400 or 404.
 */
export class AppServicesProvider implements ArmPlatform {
  /** By resource id, in lower case. */
  readonly #apps = new Map<string, EmulatedAppService>();
  withoutReferences: "emptyList" | "badRequest" | "notFound" = "emptyList";
  pageSize = 100;

  add(resourceId: string, app: EmulatedAppService): void {
    this.#apps.set(resourceId.toLowerCase(), app);
  }

  operationOf(request: WireRequest): PlatformOperation | null {
    const match = pattern.exec(decodeURIComponent(request.path));
    if (match === null) return null;
    const [, scope = "", subscription = "", site = "", slot, rest = ""] = match;
    const of = { scope, subscription, subject: slot === undefined ? site : `${site}/${slot}` };
    const type = slot === undefined ? "Microsoft.Web/sites" : "Microsoft.Web/sites/slots";
    const app = this.#apps.get(scope.toLowerCase());
    const answer = (made: (found: EmulatedAppService) => Answer) => () =>
      app === undefined ? notFound(scope) : made(app);
    const list = (found: EmulatedAppService): Answer => this.#references(request, scope, found, "appSettings");
    switch (`${request.method} ${rest.toLowerCase()}`) {
      case "GET config/configreferences/appsettings":
        return {
          ...of,
          kind: "reads",
          route: "arm.listReferences",
          action: `${type}/config/Read`,
          answer: answer(list),
        };
      case "GET config/configreferences/connectionstrings":
        return {
          ...of,
          kind: "reads",
          route: "arm.listConnectionStrings",
          action: `${type}/config/Read`,
          answer: answer((found) => this.#references(request, scope, found, "connectionStrings")),
        };
      case "POST config/configreferences/appsettings/refresh":
        return {
          ...of,
          kind: "writes",
          route: "arm.refreshReferences",
          action: `${type}/config/configreferences/appsettings/refresh/action`,
          answer: answer((found) => {
            found.refresh();
            return list(found);
          }),
        };
      case "GET instances":
        return {
          ...of,
          kind: "reads",
          route: "arm.listInstances",
          action: `${type}/instances/Read`,
          answer: answer((found) => this.#instances(request, scope, found)),
        };
      case "POST restart":
        return {
          ...of,
          kind: "writes",
          route: "arm.restartSite",
          action: `${type}/restart/Action`,
          answer: answer((found) => {
            found.restart();
            return { status: 200, headers: {}, body: Buffer.alloc(0) };
          }),
        };
      default:
        return null;
    }
  }

  #references(request: WireRequest, scope: string, app: EmulatedAppService, list: SettingList): Answer {
    const settings = app.settings.filter((setting) => setting.list === list);
    if (settings.length === 0 && this.withoutReferences === "notFound") return notFound(`${scope}/config`);
    if (settings.length === 0 && this.withoutReferences === "badRequest")
      return armError(400, "BadRequest", "There is no reference.");
    const values = settings.map((setting) => referenceBody(scope, setting, app));
    return listPage(request, values, this.pageSize);
  }

  #instances(request: WireRequest, scope: string, app: EmulatedAppService): Answer {
    const values = app.instances.map(({ name, state }) => ({
      id: `${scope}/instances/${name}`,
      name,
      type: "Microsoft.Web/sites/instances",
      properties: { state, statusUrl: null, physicalZone: null, containers: {} },
    }));
    return listPage(request, values, this.pageSize);
  }
}

const notFound = (scope: string): Answer =>
  armError(404, "ResourceNotFound", `The Resource '${scope.split("/providers/")[1] ?? ""}' was not found.`);

const details = (status: string): string =>
  status === "Resolved" ? "Reference has been successfully resolved." : "Reference was not able to be resolved.";

/** The service takes names from either form of a reference. */
const nameIn = (reference: string, field: RegExp): string | null => field.exec(reference)?.[1] ?? null;

const referenceBody = (scope: string, { name, reference, list }: AppSetting, app: EmulatedAppService) => {
  const status = app.kept(name)?.status ?? "Initialized";
  return {
    id: `${scope}/config/configreferences/${list.toLowerCase()}/${name}`,
    name,
    type: "Microsoft.Web/sites/config/configreferences",
    location: "Sweden Central",
    properties: {
      activeVersion: null,
      details: details(status),
      identityType: "SystemAssigned",
      reference,
      secretName: nameIn(reference, /(?:\/secrets\/|SecretName=)([^/;)]+)/i),
      status,
      vaultName: nameIn(reference, /(?:https:\/\/|VaultName=)([^.;:)/]+)/i),
    },
  };
};
