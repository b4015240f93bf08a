import grpc from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import providerProto from "@pulumi/pulumi/proto/provider_pb.js";
import services from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import proto from "@pulumi/pulumi/proto/resource_pb.js";
import emptyProto from "google-protobuf/google/protobuf/empty_pb.js";
import structProto from "google-protobuf/google/protobuf/struct_pb.js";
import type { Properties } from "../../components/provider/index.ts";
import { bindLoopback, unary } from "../../toolchain/grpc.ts";
import type { Deployment, Registered, Registration } from "./deployment.ts";
import { type Callback, Transforms } from "./transforms.ts";

const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

/** What this engine can do, so that the SDK uses it. Invoke transforms and parameterized packages are missing. */
const FEATURES = [
  proto.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_SECRETS,
  proto.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
  proto.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
  proto.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
  proto.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
  proto.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
  proto.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
  proto.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
  proto.ResourceMonitorFeature.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
];

/** Serves the two services that a program talks to, resource monitor and engine, on one port. */
export async function serveMonitor(
  deployment: Deployment,
): Promise<{ readonly address: string; close(): void }> {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
    "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
  });
  const transforms = new Transforms();
  server.addService(services.ResourceMonitorService, monitorOf(deployment, transforms));
  server.addService(engineServices.EngineService, engineOf(deployment));
  const port = await bindLoopback(server);
  return {
    address: `127.0.0.1:${port}`,
    close: () => {
      transforms.close();
      server.forceShutdown();
    },
  };
}

function monitorOf(
  deployment: Deployment,
  transforms: Transforms,
): grpc.UntypedServiceImplementation {
  return {
    getDeploymentInfo: unary(() => {
      const response = new proto.DeploymentInfo();
      response.setSupportedfeaturesList(FEATURES);
      return response;
    }),
    supportsFeature: unary((request: proto.SupportsFeatureRequest) => {
      const known = ["secrets", "resourceReferences", "outputValues", "aliasSpecs", "deletedWith"];
      const response = new proto.SupportsFeatureResponse();
      response.setHassupport(known.includes(request.getId()));
      return response;
    }),
    registerResource: unary(async (request: proto.RegisterResourceRequest) => {
      const transformed = await transforms.apply(request);
      const answer = await deployment.register(registrationOf(transformed));
      transforms.remember(answer.urn, request.getParent(), request.getTransformsList());
      return registered(answer);
    }),
    registerStackTransform: unary((callback: Callback) => {
      transforms.addToStack(callback);
      return new emptyProto.Empty();
    }),
    readResource: unary(async (request: proto.ReadResourceRequest) => {
      const found = await deployment.read(readOf(request), request.getId());
      const response = new proto.ReadResourceResponse();
      response.setUrn(found.urn);
      response.setProperties(struct(found.outputs));
      return response;
    }),
    registerResourceOutputs: unary((request: proto.RegisterResourceOutputsRequest) => {
      deployment.registerOutputs(request.getUrn(), properties(request.getOutputs()));
      return new emptyProto.Empty();
    }),
    invoke: unary(async (request: proto.ResourceInvokeRequest) => {
      const { result, failures = [] } = await deployment.invoke(
        request.getTok(),
        properties(request.getArgs()),
        request.getProvider(),
      );
      const response = new proto.ResourceInvokeResponse();
      response.setReturn(struct(result));
      response.setFailuresList(
        failures.map(({ property, reason }) => {
          const failure = new providerProto.CheckFailure();
          failure.setProperty(property);
          failure.setReason(reason);
          return failure;
        }),
      );
      return response;
    }),
    // Hooks run around real operations only: a preview has none.
    registerResourceHook: unary(() => new emptyProto.Empty()),
    registerErrorHook: unary(() => new emptyProto.Empty()),
    signalAndWaitForShutdown: unary(() => new emptyProto.Empty()),
  };
}

function engineOf(deployment: Deployment): grpc.UntypedServiceImplementation {
  let root = "";
  return {
    log: unary((request: engineProto.LogRequest) => {
      const severities = ["debug", "info", "warning", "error"] as const;
      const severity = severities[request.getSeverity()] ?? "info";
      if (severity !== "debug" && !request.getEphemeral()) {
        const message = request.getMessage().trimEnd();
        deployment.diagnostics.push({ severity, urn: request.getUrn(), message });
      }
      return new emptyProto.Empty();
    }),
    getRootResource: unary(() => {
      const response = new engineProto.GetRootResourceResponse();
      response.setUrn(root);
      return response;
    }),
    setRootResource: unary((request: engineProto.SetRootResourceRequest) => {
      root = request.getUrn();
      return new engineProto.SetRootResourceResponse();
    }),
    requirePulumiVersion: unary(() => new engineProto.RequirePulumiVersionResponse()),
  };
}

function registrationOf(request: proto.RegisterResourceRequest): Registration {
  const propertyDependencies: Record<string, readonly string[]> = {};
  for (const [property, dependencies] of request.getPropertydependenciesMap().entries()) {
    propertyDependencies[property] = dependencies.getUrnsList();
  }
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: request.getParent(),
    provider: request.getProvider(),
    inputs: properties(request.getObject()),
    dependencies: request.getDependenciesList(),
    propertyDependencies,
    protect: request.getProtect() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplacedefined()
      ? request.getDeletebeforereplace()
      : undefined,
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    retainOnDelete: request.getRetainondelete() ?? false,
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: request
      .getAliasesList()
      .map((alias) => alias.getUrn() || JSON.stringify(alias.getSpec()?.toObject())),
    importId: request.getImportid(),
    version: request.getVersion(),
  };
}

function readOf(request: proto.ReadResourceRequest): Registration {
  return {
    type: request.getType(),
    name: request.getName(),
    custom: true,
    parent: request.getParent(),
    provider: request.getProvider(),
    inputs: properties(request.getProperties()),
    dependencies: request.getDependenciesList(),
    propertyDependencies: {},
    protect: false,
    deleteBeforeReplace: undefined,
    ignoreChanges: [],
    replaceOnChanges: [],
    retainOnDelete: false,
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: [],
    importId: "",
    version: request.getVersion(),
  };
}

function registered({ urn, id, outputs }: Registered): proto.RegisterResourceResponse {
  const response = new proto.RegisterResourceResponse();
  response.setUrn(urn);
  response.setId(id);
  response.setObject(struct(outputs));
  return response;
}

function properties(value: structProto.Struct | undefined): Properties {
  return (value?.toJavaScript() ?? {}) as Properties;
}

function struct(value: Properties): structProto.Struct {
  return structProto.Struct.fromJavaScript(JSON.parse(JSON.stringify(value)));
}
