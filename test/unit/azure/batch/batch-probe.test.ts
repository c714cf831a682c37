import { BatchSharedKeyCredentials } from "@azure/batch";
import { probeUrl } from "../../../../lib/azure/batch/batch-probe";
import { signedHeaders } from "../../../../lib/azure/batch/shared-key";
import { BatchKey } from "../../../../lib/batch-key";

type WebResource = Parameters<BatchSharedKeyCredentials["signRequest"]>[0];

/** The signature that the SDK makes for the same request. */
const signedBySdk = async (account: string, key: string, headers: Readonly<Record<string, string>>) => {
  const set = new Map(Object.entries(headers));
  const request = {
    method: "GET",
    url: probeUrl(`${account}.westeurope.batch.azure.com`).href,
    headers: {
      get: (name: string) => set.get(name.toLowerCase()),
      set: (name: string, value: string) => set.set(name.toLowerCase(), value),
      contains: (name: string) => set.has(name.toLowerCase()),
      headerNames: () => [...set.keys()],
      headersArray: () => [...set].map(([name, value]) => ({ name, value })),
      rawHeaders: () => Object.fromEntries(set),
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the signer reads only these members of a request
  await new BatchSharedKeyCredentials(account, key).signRequest(request as unknown as WebResource);
  return set.get("authorization");
};

describe("the probe's signature", () => {
  it.each([
    ["renderweu", Buffer.alloc(64, 7)],
    ["acct1", Buffer.from(Array.from({ length: 64 }, (_, index) => index * 3))],
  ])("equals the signature that the SDK makes (%s)", async (accountName, bytes) => {
    const key = bytes.toString("base64");
    const now = new Date("2026-11-22T22:26:13.456Z");
    const headers = signedHeaders(
      { accountName, key: new BatchKey(key), now },
      probeUrl("renderweu.westeurope.batch.azure.com"),
    );
    expect(headers["ocp-date"]).toBe("Sun, 22 Nov 2026 22:26:13 GMT");
    expect(headers["authorization"]).toBe(
      await signedBySdk(accountName, key, { "ocp-date": headers["ocp-date"] ?? "" }),
    );
  });

  it("is for the account's host and port", () => {
    expect(probeUrl("localhost:4711").href).toBe(
      "https://localhost:4711/pools?%24select=id&api-version=2022-10-01.16.0&maxresults=1",
    );
  });
});
