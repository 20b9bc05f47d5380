import { invalidArgument } from "./status-error.ts";

/** Letter first, 3 to 255 characters (cloud.google.com/pubsub/docs/pubsub-basics#resource_names). */
const RESOURCE_ID = /^[A-Za-z][A-Za-z0-9\-_.~+%]{2,254}$/;

export type Collection = "topics" | "subscriptions";

/** Refuses anything but `projects/P/<collection>/ID` with an id that Google allows. */
export function requireName(name: string | null | undefined, collection: Collection): string {
  const [projects, project, found, id, ...rest] = (name ?? "").split("/");
  const shaped = projects === "projects" && project !== undefined && project !== "" && found === collection;
  if (shaped && rest.length === 0 && id !== undefined && RESOURCE_ID.test(id) && !id.startsWith("goog")) {
    return `projects/${project}/${collection}/${id}`;
  }
  throw invalidArgument(`Invalid resource name given (name=${name}). Expected projects/{project}/${collection}/{id}.`);
}

/** Refuses anything but `projects/P`. */
export function requireProject(name: string | null | undefined): string {
  if (/^projects\/[^/]+$/.test(name ?? "")) return name ?? "";
  throw invalidArgument(`Invalid project name given (name=${name}).`);
}

/** `projects/P/subscriptions/S` -> `{ project: "P", id: "S" }`. */
export function nameParts(name: string): { project: string; id: string } {
  const [, project = "", , id = ""] = name.split("/");
  return { project, id };
}
