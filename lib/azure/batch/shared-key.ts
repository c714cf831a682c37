import type { BatchKey } from "../../batch-key";

/** Who signs, with which key and when. */
export interface Signer {
  readonly accountName: string;
  readonly key: BatchKey;
  readonly now: Date;
}

const dataPlaneVersion = "2022-10-01.16.0";

/** The address of a list of the data plane. `accountEndpoint`: its host, with its port where it has one. */
export const listUrl = (accountEndpoint: string, path: string, query: Readonly<Record<string, string>>): URL => {
  const url = new URL(path, `https://${accountEndpoint}`);
  for (const [name, value] of Object.entries({ "api-version": dataPlaneVersion, ...query }))
    url.searchParams.set(name, value);
  url.searchParams.sort();
  // As the SDKs write it.
  url.search = url.search.replaceAll("+", "%20");
  return url;
};

/**
 * The headers that sign a GET with a shared key. What is signed is the verb, eleven headers that a GET without a body
 * does not have (an empty line each), the `ocp-` headers, then account, path and the decoded query, sorted by name
 * (learn.microsoft.com/rest/api/batchservice/authenticate-requests-to-the-azure-batch-service). Implemented here
 * because the only SDK that can sign brings 1 MB and an HTTP stack of its own.
 */
export const signedHeaders = ({ accountName, key, now }: Signer, url: URL): Record<string, string> => {
  const date = now.toUTCString();
  const parameters = [...url.searchParams]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `\n${name}:${value}`);
  const text = `GET${"\n".repeat(12)}ocp-date:${date}\n/${accountName}${url.pathname}${parameters.join("")}`;
  return { "ocp-date": date, authorization: `SharedKey ${accountName}:${key.sign(text).toString("base64")}` };
};
