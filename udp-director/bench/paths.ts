import { directorPaths, directorStream } from "./director-paths.ts";
import { MANY, type Path } from "./path.ts";
import { type Peers, peerPaths, streamPeers } from "./peers.ts";
import { ECHO_PORT } from "./site.ts";

const routing: Path = {
  name: "routing",
  version: "Linux",
  maxSessions: MANY,
  start: async ({ backend }) => ({ to: [backend, ECHO_PORT], stop: async () => undefined }),
};

/** Every path for UDP that is there, routing first. */
export const pathsFor = (peers: Peers): readonly Path[] => [
  ...[routing, ...directorPaths()],
  ...peerPaths(peers),
];

/** The same for TCP. */
export const streamPathsFor = (peers: Peers): readonly Path[] => [
  ...[routing, directorStream],
  ...streamPeers(peers),
];
