import grpc from "@grpc/grpc-js";
import callbackServices from "@pulumi/pulumi/proto/callback_grpc_pb.js";
import callbackProto from "@pulumi/pulumi/proto/callback_pb.js";
import proto from "@pulumi/pulumi/proto/resource_pb.js";

/** A function of the program that the engine may call. */
export type Callback = InstanceType<typeof callbackProto.Callback>;

/**
 * The transforms of one deployment. A program registers them with its stack or with a resource,
 * and the engine calls them back for the resource itself and for everything below it.
 */
export class Transforms {
  readonly #stack: Callback[] = [];
  /** By URN: a resource's own, and where to look for those above it. */
  readonly #resources = new Map<string, { readonly own: readonly Callback[]; parent: string }>();
  readonly #clients = new Map<string, InstanceType<typeof callbackServices.CallbacksClient>>();

  addToStack(callback: Callback): void {
    this.#stack.push(callback);
  }

  remember(urn: string, parent: string, own: readonly Callback[]): void {
    this.#resources.set(urn, { own, parent });
  }

  /** Lets every transform that applies change the request: its own, its parents', the stack's. */
  async apply(request: proto.RegisterResourceRequest): Promise<proto.RegisterResourceRequest> {
    const changed = request.clone();
    for (const callback of this.#callbacksFor(request)) {
      const bytes = transformRequest(changed).serializeBinary();
      const answer = proto.TransformResponse.deserializeBinary(await this.#call(callback, bytes));
      changed.setObject(answer.getProperties());
      const options = answer.getOptions();
      if (options !== undefined) {
        setOptions(changed, options);
      }
    }
    return changed;
  }

  close(): void {
    for (const client of this.#clients.values()) {
      client.close();
    }
  }

  #callbacksFor(request: proto.RegisterResourceRequest): readonly Callback[] {
    const callbacks = [...request.getTransformsList()];
    let parent = this.#resources.get(request.getParent());
    while (parent !== undefined) {
      callbacks.push(...parent.own);
      parent = this.#resources.get(parent.parent);
    }
    return [...callbacks, ...this.#stack];
  }

  #call(callback: Callback, request: Uint8Array): Promise<Uint8Array> {
    const target = callback.getTarget();
    const client =
      this.#clients.get(target) ??
      new callbackServices.CallbacksClient(target, grpc.credentials.createInsecure());
    this.#clients.set(target, client);
    const invocation = new callbackProto.CallbackInvokeRequest();
    invocation.setToken(callback.getToken());
    invocation.setRequest(request);
    return new Promise((resolve, reject) => {
      client.invoke(invocation, (error, response) =>
        error ? reject(error) : resolve(response.getResponse_asU8()),
      );
    });
  }
}

function transformRequest(request: proto.RegisterResourceRequest): proto.TransformRequest {
  const options = new proto.TransformResourceOptions();
  options.setDependsOnList(request.getDependenciesList());
  options.setProtect(request.getProtect() ?? false);
  options.setIgnoreChangesList(request.getIgnorechangesList());
  options.setReplaceOnChangesList(request.getReplaceonchangesList());
  options.setAliasesList(request.getAliasesList());
  options.setProvider(request.getProvider());
  options.setVersion(request.getVersion());
  options.setRetainOnDelete(request.getRetainondelete() ?? false);
  options.setAdditionalSecretOutputsList(request.getAdditionalsecretoutputsList());
  if (request.getDeletebeforereplacedefined()) {
    options.setDeleteBeforeReplace(request.getDeletebeforereplace());
  }
  const transform = new proto.TransformRequest();
  transform.setType(request.getType());
  transform.setName(request.getName());
  transform.setCustom(request.getCustom());
  transform.setParent(request.getParent());
  transform.setProperties(request.getObject());
  transform.setOptions(options);
  return transform;
}

function setOptions(
  request: proto.RegisterResourceRequest,
  options: proto.TransformResourceOptions,
): void {
  request.setDependenciesList(options.getDependsOnList());
  request.setProtect(options.getProtect() ?? false);
  request.setIgnorechangesList(options.getIgnoreChangesList());
  request.setReplaceonchangesList(options.getReplaceOnChangesList());
  request.setAliasesList(options.getAliasesList());
  request.setProvider(options.getProvider());
  request.setVersion(options.getVersion());
  request.setRetainondelete(options.getRetainOnDelete() ?? false);
  request.setAdditionalsecretoutputsList(options.getAdditionalSecretOutputsList());
  const deleteFirst = options.getDeleteBeforeReplace();
  request.setDeletebeforereplacedefined(deleteFirst !== undefined);
  request.setDeletebeforereplace(deleteFirst ?? false);
}
