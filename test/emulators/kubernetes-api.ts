import type { KubernetesCluster, ListedObject } from "./kubernetes-cluster";
import type { Route } from "./routes";
import { type Answer, type Call, headerOf, jsonAnswer, unknownRoute, type WireRequest, type WireService } from "./wire";

/** A rule of a role, as its manifest has it. */
export interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const driverGroup = "secrets-store.csi.x-k8s.io";
const core = /^\/api\/v1\/namespaces\/([^/]+)\/(pods)(?:\/([^/]+))?$/;
const driver = /^\/apis\/(secrets-store\.csi\.x-k8s\.io)\/v1\/namespaces\/([^/]+)\/(secretproviderclasspodstatuses)$/;

interface Asked {
  readonly group: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string | null;
}

const askedOf = ({ method, path }: WireRequest): Asked | null => {
  if (method !== "GET") return null;
  const [, namespace, resource, name] = core.exec(path) ?? [];
  if (namespace !== undefined && resource !== undefined)
    return { group: "", namespace, resource, name: name === undefined ? null : decodeURIComponent(name) };
  const [, group, own, statuses] = driver.exec(path) ?? [];
  return group !== undefined && own !== undefined && statuses !== undefined
    ? { group, namespace: own, resource: statuses, name: null }
    : null;
};

/** The API server of a cluster, for the one service account that the rules are bound to. */
export class KubernetesApi implements WireService {
  rules: readonly RoleRule[] = [];
  /** The most items of a page, below what was asked for. */
  maxPage = 500;
  /** How many of the next requests for a further page find it expired. */
  expires = 0;
  /** Whether the driver, and so its kind of resource, is installed. */
  hasDriver = true;

  constructor(private readonly cluster: KubernetesCluster) {}

  refuse(status: number, reason: string, message: string): Answer {
    return jsonAnswer(status, { kind: "Status", apiVersion: "v1", status: "Failure", message, reason, code: status });
  }

  receive(request: WireRequest): Call {
    const asked = askedOf(request);
    if (asked === null) return unknownRoute(this, "kubernetes.unknown", request);
    const list: Route = asked.group === driverGroup ? "kubernetes.listStatuses" : "kubernetes.listPods";
    return {
      route: asked.name === null ? list : "kubernetes.getPod",
      subject: asked.name,
      apply: () => this.#refused(request, asked) ?? this.#answer(request, asked),
    };
  }

  #refused(request: WireRequest, { group, namespace, resource, name }: Asked): Answer | null {
    if (headerOf(request, "authorization") !== `Bearer ${this.cluster.token}`)
      return this.refuse(401, "Unauthorized", "Unauthorized");
    const verb = name === null ? "list" : "get";
    const allows = ({ apiGroups, resources, verbs }: RoleRule): boolean =>
      apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb);
    if (namespace === this.cluster.namespace && this.rules.some(allows)) return null;
    const user = `system:serviceaccount:${this.cluster.namespace}:batch-key-reporter`;
    const message =
      `${resource} is forbidden: User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ` +
      `in the namespace "${namespace}"`;
    return this.refuse(403, "Forbidden", message);
  }

  #answer(request: WireRequest, { group, resource, name }: Asked): Answer {
    if (group === driverGroup && !this.hasDriver)
      return { status: 404, headers: { "content-type": "text/plain" }, body: Buffer.from("404 page not found\n") };
    const all = group === driverGroup ? this.cluster.statusObjects() : this.cluster.podObjects();
    if (name !== null) {
      const found = all.find(({ metadata }) => metadata.name === name);
      return found === undefined
        ? this.refuse(404, "NotFound", `${resource} "${name}" not found`)
        : jsonAnswer(200, found);
    }
    return this.#page(request, all.filter(selected(request.query.get("labelSelector") ?? "")));
  }

  #page({ query }: WireRequest, items: readonly ListedObject[]): Answer {
    const after = query.get("continue") ?? "";
    if (after !== "" && this.expires > 0) {
      this.expires -= 1;
      const message =
        "The provided continue parameter is too old to display a consistent list result. You can start a new list " +
        "without the continue parameter.";
      return this.refuse(410, "Expired", message);
    }
    const from = after === "" ? 0 : Number(Buffer.from(after, "base64url").toString("utf8"));
    const limit = Math.min(Number(query.get("limit") ?? 0) || Number.POSITIVE_INFINITY, this.maxPage);
    const left = items.length - from - limit;
    const next = left > 0 ? Buffer.from(String(from + limit)).toString("base64url") : "";
    const metadata = { resourceVersion: "1", ...(left > 0 ? { continue: next, remainingItemCount: left } : {}) };
    return jsonAnswer(200, { apiVersion: "v1", metadata, items: items.slice(from, from + limit) });
  }
}

/** Equality only, joined by commas. */
const selected = (selector: string): ((object: ListedObject) => boolean) => {
  const terms = selector.split(",").filter((term) => term !== "");
  return ({ metadata }) =>
    terms.every((term) => {
      const [label = "", value] = term.split("=", 2);
      return metadata.labels[label] === value;
    });
};
