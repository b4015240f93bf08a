import { DEFAULT_POOLS } from "../../../components/traefik/entry-points.ts";

/** Port pools of the gateway. */
export const { tcp: TCP, udp: UDP } = DEFAULT_POOLS;

/** Ports of real servers, in this order: PostgreSQL, the same by its TLS name, Redis, MariaDB, TLS by name. */
export const CLIENT_PORTS = [0, 1, 2, 3, 4].map((index) => TCP.from + index);
