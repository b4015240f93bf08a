import { createHash, timingSafeEqual } from "node:crypto";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** What a request without the right token is told. */
export const BEARER_WANTED = "expected the header Authorization: Bearer <token>";

/** True when an `Authorization` header carries the token. Nobody has an empty one. */
export function carriesBearer(authorization: string | undefined, wanted: string): boolean {
  const given = /^Bearer (.+)$/.exec(authorization ?? "")?.[1] ?? "";
  return wanted !== "" && timingSafeEqual(digest(given), digest(wanted));
}
