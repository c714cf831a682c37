const ownSettings = /^(ROTATION_|AzureWebJobs|AZURE_|IDENTITY_|WEBSITE_|CONSUMER_|LOCAL_FUNCTION_|npm_)/i;

/** The developer's settings for Azure must not affect these processes. */
export const cleanEnv = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || ownSettings.test(name) ? [] : [[name, value]],
    ),
  );
