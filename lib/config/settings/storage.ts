import { isGuid } from "../schema/field-types";
import type { Problems } from "../problems";
import type { SettingsReader } from "./reader";
import { isPlainBase, isSecure, parseUrl, withoutSlash } from "../urls";

/** Where the rotation tables are, and how to get in. */
export type StorageSettings =
  | { readonly kind: "connectionString"; readonly connectionString: string }
  | {
      readonly kind: "identity";
      /** No trailing slash. */
      readonly tableServiceUri: string;
      /** Of the user-assigned identity to use; null for the system-assigned one. */
      readonly clientId: string | null;
    };

/** What else decides how the tables are reached. */
interface StorageContext {
  readonly storageSuffix: string;
  readonly emulated: boolean;
  /** `AZURE_CLIENT_ID`. */
  readonly clientId: string | null;
}

type StorageName = "AzureWebJobsStorage" | "ROTATION_STORAGE";

const namesOf = (name: StorageName) =>
  [name, `${name}__accountName`, `${name}__tableServiceUri`, `${name}__credential`, `${name}__clientId`] as const;

/** Reads every form at once, so that a setting without effect can be reported. */
const readForms = (reader: SettingsReader, name: StorageName) => ({
  name,
  connectionString: reader.text(name),
  accountName: reader.text(`${name}__accountName`),
  tableServiceUri: reader.text(`${name}__tableServiceUri`),
  credential: reader.text(`${name}__credential`),
  clientId: reader.text(`${name}__clientId`),
});

type Forms = ReturnType<typeof readForms>;

const connectionStringParts = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(";").map((part) => {
      const end = part.indexOf("=");
      return [part.slice(0, end).trim().toLowerCase(), part.slice(end + 1).trim()];
    }),
  );

type Endpoint = { readonly kind: "url"; readonly url: string } | { readonly kind: "invalid"; readonly problem: string };

/** The address that a connection string leads to; a problem in words where it lacks what access to tables needs. */
const tableEndpointOf = (text: string): Endpoint => {
  const parts = connectionStringParts(text);
  const has = (...names: readonly string[]): boolean => names.every((name) => parts.get(name));
  const endpoint = parts.get("tableendpoint");
  if (has("sharedaccesssignature")) {
    return endpoint
      ? { kind: "url", url: endpoint }
      : { kind: "invalid", problem: "needs a TableEndpoint beside its SharedAccessSignature" };
  }
  if (!has("defaultendpointsprotocol", "accountname", "accountkey")) {
    return {
      kind: "invalid",
      problem: "must be a connection string with DefaultEndpointsProtocol, AccountName and AccountKey",
    };
  }
  if (endpoint) return { kind: "url", url: endpoint };
  if (!has("endpointsuffix"))
    return { kind: "invalid", problem: "needs an EndpointSuffix, such as core.windows.net, or a TableEndpoint" };
  const [protocol, account, suffix] = ["defaultendpointsprotocol", "accountname", "endpointsuffix"].map((name) =>
    parts.get(name),
  );
  return { kind: "url", url: `${protocol}://${account}.table.${suffix}` };
};

const connectionStringProblem = (text: string, emulated: boolean): string | null => {
  if (text.toLowerCase().includes("usedevelopmentstorage=true")) {
    return emulated ? null : "may use development storage only with ROTATION_EMULATED: name a storage account";
  }
  const endpoint = tableEndpointOf(text);
  if (endpoint.kind === "invalid") return endpoint.problem;
  const url = parseUrl(endpoint.url);
  if (url === null)
    return "must lead to a table service: correct its TableEndpoint, or its AccountName and EndpointSuffix";
  return isSecure(url, emulated)
    ? null
    : "must lead to its table service by https (http to this machine with ROTATION_EMULATED)";
};

const tableServiceUri = (forms: Forms, storageSuffix: string, problems: Problems): string => {
  if (forms.tableServiceUri !== null) {
    const url = parseUrl(forms.tableServiceUri);
    if (url?.protocol === "https:" && isPlainBase(url)) return withoutSlash(url);
    problems.add(`${forms.name}__tableServiceUri`, "must be an https URL without user name, query and fragment");
    return "";
  }
  if (forms.accountName === null) {
    problems.add(
      forms.name,
      `is missing: set it to a connection string, or set ${forms.name}__accountName for access by identity`,
    );
  } else if (!/^[a-z0-9]{3,24}$/.test(forms.accountName)) {
    problems.add(
      `${forms.name}__accountName`,
      "must be a storage account's name: 3 to 24 lower case letters and digits",
    );
  }
  return `https://${forms.accountName}.table.${storageSuffix}`;
};

const identityOf = (forms: Forms, context: StorageContext, problems: Problems): string | null => {
  const managed = forms.credential?.toLowerCase() === "managedidentity";
  if (forms.credential !== null && !managed) {
    problems.add(`${forms.name}__credential`, "must be managedidentity, or left out");
  }
  if (forms.clientId !== null && !isGuid(forms.clientId)) {
    problems.add(`${forms.name}__clientId`, "must be the client id of a user-assigned identity, a GUID");
  }
  // As the host does: asked for a managed identity without naming one, it takes the system-assigned one.
  return forms.clientId ?? (managed ? null : context.clientId);
};

/** `ROTATION_STORAGE` in any of its forms, else the host's own storage. */
export const readStorage = (reader: SettingsReader, context: StorageContext, problems: Problems): StorageSettings => {
  const isOwn = namesOf("ROTATION_STORAGE").some((each) => reader.isSet(each));
  const forms = readForms(reader, isOwn ? "ROTATION_STORAGE" : "AzureWebJobsStorage");
  const { name, connectionString } = forms;
  // Reported by the reader; what it would be is not known.
  if (namesOf(name).some((each) => reader.isUnresolved(each)))
    return { kind: "identity", tableServiceUri: "", clientId: null };
  if (connectionString === null) {
    const uri = tableServiceUri(forms, context.storageSuffix, problems);
    return { kind: "identity", tableServiceUri: uri, clientId: identityOf(forms, context, problems) };
  }
  if (forms.accountName !== null || forms.tableServiceUri !== null) {
    problems.add(
      name,
      `is set beside ${name}__accountName or ${name}__tableServiceUri: ` +
        "remove one, so that it is clear where the tables are",
    );
  }
  const problem = connectionStringProblem(connectionString, context.emulated);
  if (problem !== null) problems.add(name, problem);
  return { kind: "connectionString", connectionString };
};
