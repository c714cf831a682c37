const group = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/render/providers";

/** Consumers that the platforms alone show: nothing in these apps knows of the rotator. */
export const platformConsumers = [
  {
    name: "render-web",
    platform: { kind: "appService", resourceId: `${group}/Microsoft.Web/sites/render-web` },
  },
  {
    name: "render-jobs",
    instances: 2,
    platform: { kind: "containerApp", resourceId: `${group}/Microsoft.App/containerApps/render-jobs` },
  },
] as const;
