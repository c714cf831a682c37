/**
 * Where one Azure cloud keeps its services, and the names that its tokens are asked for. No URL has a trailing slash.
 */
export interface Cloud {
  readonly name: CloudName;
  /** Resource Manager; `ROTATION_ARM_ENDPOINT` replaces it, the scope below stays the cloud's. */
  readonly armEndpoint: string;
  readonly armScope: string;
  /** The query API of Log Analytics; `ROTATION_LOG_ENDPOINT` replaces it, the scope below stays the cloud's. */
  readonly logEndpoint: string;
  readonly logScope: string;
  /** Microsoft Entra, for credentials that sign in there. */
  readonly authorityHost: string;
  /** What the host of every vault ends with, leading dot included. */
  readonly vaultDomain: string;
  /** `<account>.table.<storageSuffix>` */
  readonly storageSuffix: string;
}

export const cloudNames = ["AzurePublic", "AzureUSGovernment", "AzureChina"] as const;
export type CloudName = (typeof cloudNames)[number];

export const clouds = {
  AzurePublic: {
    name: "AzurePublic",
    armEndpoint: "https://management.azure.com",
    armScope: "https://management.azure.com/.default",
    logEndpoint: "https://api.loganalytics.azure.com",
    logScope: "https://api.loganalytics.io/.default",
    authorityHost: "https://login.microsoftonline.com",
    vaultDomain: ".vault.azure.net",
    storageSuffix: "core.windows.net",
  },
  AzureUSGovernment: {
    name: "AzureUSGovernment",
    armEndpoint: "https://management.usgovcloudapi.net",
    armScope: "https://management.usgovcloudapi.net/.default",
    logEndpoint: "https://api.loganalytics.us",
    logScope: "https://api.loganalytics.us/.default",
    authorityHost: "https://login.microsoftonline.us",
    vaultDomain: ".vault.usgovcloudapi.net",
    storageSuffix: "core.usgovcloudapi.net",
  },
  AzureChina: {
    name: "AzureChina",
    armEndpoint: "https://management.chinacloudapi.cn",
    armScope: "https://management.chinacloudapi.cn/.default",
    logEndpoint: "https://api.loganalytics.azure.cn",
    logScope: "https://api.loganalytics.azure.cn/.default",
    authorityHost: "https://login.chinacloudapi.cn",
    vaultDomain: ".vault.azure.cn",
    storageSuffix: "core.chinacloudapi.cn",
  },
} as const satisfies Record<CloudName, Cloud>;
