import type { Value } from "../../components/provider/index.ts";
import type { Fault } from "../cloud/faults.ts";
import { withValueAt } from "../cloud/paths.ts";
import type { Store } from "../cloud/store.ts";
import {
  type CloudObject,
  newWorld,
  type World,
  type WorldSeed,
  withObject,
  withoutObject,
} from "../cloud/world.ts";

/** The simulated clouds as somebody sees them who does not go through the engine. */
export interface WorldEditor {
  read(): Promise<World>;
  /** Objects whose type ends in `type`, for example `:Service`. */
  find(type: string): Promise<readonly CloudObject[]>;
  /**
   * Changes a property of the one object whose type ends in `type` (and whose identifier ends in
   * `id`, where there are several), as a person in the portal would.
   */
  change(type: string, path: string, value: Value | undefined, id?: string): Promise<void>;
  /** Deletes an object without asking any rule. */
  remove(type: string, id?: string): Promise<void>;
  /** Replaces the faults, and starts to count anew. */
  setFaults(faults: readonly Fault[]): Promise<void>;
  /** Puts another world in the place of this one. */
  load(world: World): Promise<void>;
  /** Lets time pass, for what is late. Seconds. */
  letPass(seconds: number): Promise<void>;
  /** Changes what the world started from. */
  seed(seed: Partial<WorldSeed>): Promise<void>;
}

export function worldEditor(store: Store): WorldEditor {
  const alter = (change: (world: World) => World): Promise<void> =>
    store.transact((world) => ({ world: change(world), result: undefined }));
  return {
    read: () => store.read(),
    find: async (type) => matching(await store.read(), type),
    change: (type, path, value, id) =>
      alter((world) => {
        const object = only(world, type, id);
        return withObject(world, {
          ...object,
          inputs: withValueAt(object.inputs, path, value),
          outputs: withValueAt(object.outputs, path, value),
        });
      }),
    remove: (type, id) => alter((world) => withoutObject(world, only(world, type, id))),
    setFaults: (faults) =>
      alter((world) => ({
        ...world,
        faultCalls: {},
        strikes: [],
        seed: { ...world.seed, faults },
      })),
    // One that an older version recorded may lack what has come since.
    load: (other) => alter(() => ({ ...newWorld(), ...other })),
    letPass: (seconds) => alter((world) => ({ ...world, clock: world.clock + seconds })),
    seed: (seed) => alter((world) => ({ ...world, seed: { ...world.seed, ...seed } })),
  };
}

function matching(world: World, type: string, id = ""): readonly CloudObject[] {
  return world.objects.filter((object) => object.type.endsWith(type) && object.id.endsWith(id));
}

function only(world: World, type: string, id: string | undefined): CloudObject {
  const [object, ...others] = matching(world, type, id);
  if (object === undefined || others.length > 0) {
    const there = world.objects.map((other) => `${other.type} ${other.id}`).join(", ");
    throw new Error(
      `expected one object of type ...${type}${id === undefined ? "" : ` and id ...${id}`}, found ${others.length + (object === undefined ? 0 : 1)}; there are: ${there || "none"}`,
    );
  }
  return object;
}
