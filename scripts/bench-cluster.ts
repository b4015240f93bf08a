import { ApiServer, clusterTools, GAME_SERVER_CRD } from "../simulation/cluster/index.ts";
import type { Watch } from "../udp-director/bench/costs.ts";
import { gameMapping, gameServer, gamesIn } from "../udp-director/src/testing/cluster.ts";

/** Objects that are created at a time. */
const TOGETHER = 16;

/** A real API server with objects of its own, for the bench; undefined, and said, without one. */
export async function watchedObjects(say: (line: string) => void): Promise<Watch | undefined> {
  const tools = await clusterTools(say);
  if ("missing" in tools) {
    say(`no API server to watch: ${tools.missing}`);
    return undefined;
  }
  return async (objects) => {
    const server = await ApiServer.start(tools);
    try {
      await server.defineResource(GAME_SERVER_CRD);
      await server.createNamespace("bench");
      let next = 0;
      const createSome = async () => {
        for (let n = next++; n < objects; n = next++) {
          const labels = { version: `${n % 100}` };
          await server.admin.create(gamesIn("bench"), gameServer(`echo-${n}`, 9001, labels));
        }
      };
      await Promise.all(Array.from({ length: TOGETHER }, createSome));
      return {
        kubeconfig: await server.adminKubeconfig(),
        mapping: gameMapping,
        close: () => server.close(),
      };
    } catch (error) {
      await server.close();
      throw error;
    }
  };
}
