import { isIP } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { BEARER_WANTED, carriesBearer } from "../net/bearer.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Holds no secret: served without the bearer token, so that a browser can ask for it. */
    readonly open?: boolean;
  }
}

/**
 * Who may use the admin API: whoever has the bearer token; without one, whoever reaches the
 * port, but no page of another site that a browser there shows. `token` resolves with undefined
 * where none is needed, and with "" where nobody gets in.
 */
export function admission(token: () => Promise<string | undefined>, tls: boolean) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const wanted = await token();
    const { open } = request.routeOptions.config;
    const refuse = (status: number, error: string) => reply.code(status).send({ error });
    if (wanted === undefined) {
      // Without a token a web page must not get here by a name that it points at 127.0.0.1.
      const host = request.hostname.replace(/^\[|\]$/g, "");
      // Over TLS such a name fails at the certificate already.
      if (!tls && isIP(host) === 0 && host !== "localhost") {
        return refuse(421, `not an address of this host: ${host}`);
      }
      // Nor by the address itself. Browsers set this header, and no script can.
      const site = request.headers["sec-fetch-site"] ?? "none";
      const foreign = site !== "none" && site !== "same-origin" && !open;
      return foreign ? refuse(403, "requests of other sites' pages are refused") : undefined;
    }
    if (open) return undefined;
    if (carriesBearer(request.headers.authorization, wanted)) return undefined;
    reply.header("www-authenticate", "Bearer");
    return refuse(401, BEARER_WANTED);
  };
}
