/* The engine for JavaScript. `src/data/native/addon.ts` has its types and says what each does. */
#include <node_api.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>

#include "bpf-addon.h"
#include "engine.h"
#include "values.h"

#define MAX_ARGUMENTS 5
#define MAX_ADDRESS 64

struct instance {
  struct engine *engine;
  napi_threadsafe_function call;
};

/* --- arguments and results --- */

struct call {
  napi_env env;
  napi_value arguments[MAX_ARGUMENTS];
  struct instance *instance;
};

static napi_value refuse(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

/* Reads the arguments, the instance first. False, and thrown, where it is stopped. */
static bool read_call(napi_env env, napi_callback_info info, struct call *call) {
  size_t count = MAX_ARGUMENTS;
  call->env = env;
  call->instance = NULL;
  if (napi_get_cb_info(env, info, &count, call->arguments, NULL, NULL) == napi_ok)
    napi_get_value_external(env, call->arguments[0], (void **)&call->instance);
  if (call->instance != NULL && call->instance->engine != NULL) return true;
  refuse(env, "the native data path is stopped");
  return false;
}

static uint32_t number(const struct call *call, int at) {
  return value_number(call->env, call->arguments[at]);
}

static void *bytes(const struct call *call, int at, size_t *length) {
  return value_bytes(call->env, call->arguments[at], length);
}

/* An address and a port. */
static bool place(const struct call *call, int at, struct place *place) {
  char text[MAX_ADDRESS] = "";
  size_t length;
  napi_get_value_string_latin1(call->env, call->arguments[at], text, sizeof text, &length);
  return place_parse(place, text, (uint16_t)number(call, at + 1));
}

/* `[address, port]`, or a negative errno value. */
static napi_value place_result(napi_env env, int failed, const struct place *place) {
  if (failed < 0) return value_of(env, failed);
  char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];
  bool v4 = place->at.any.sa_family == AF_INET;
  const void *address = v4 ? (const void *)&place->at.v4.sin_addr : &place->at.v6.sin6_addr;
  inet_ntop(place->at.any.sa_family, address, text, INET6_ADDRSTRLEN);
  napi_value pair, made;
  napi_create_array_with_length(env, 2, &pair);
  napi_create_string_latin1(env, text, NAPI_AUTO_LENGTH, &made);
  napi_set_element(env, pair, 0, made);
  napi_create_uint32(env, ntohs(v4 ? place->at.v4.sin_port : place->at.v6.sin6_port), &made);
  napi_set_element(env, pair, 1, made);
  return pair;
}

/* --- start and stop --- */

static void tell(void *context, uint32_t worker) {
  struct instance *instance = context;
  napi_call_threadsafe_function(instance->call, (void *)(uintptr_t)worker, napi_tsfn_nonblocking);
}

static void on_records(napi_env env, napi_value callback, void *context, void *worker) {
  (void)context;
  if (env == NULL) return;
  napi_value receiver, argument;
  napi_get_undefined(env, &receiver);
  napi_create_uint32(env, (uint32_t)(uintptr_t)worker, &argument);
  napi_call_function(env, receiver, callback, 1, &argument, NULL);
}

static void end(struct instance *instance) {
  if (instance->engine == NULL) return;
  engine_stop(instance->engine);
  instance->engine = NULL;
  napi_release_threadsafe_function(instance->call, napi_tsfn_abort);
}

static void end_with_environment(void *instance) { end(instance); }

static void forget(napi_env env, void *instance, void *hint) {
  (void)hint;
  napi_remove_env_cleanup_hook(env, end_with_environment, instance);
  end(instance);
  free(instance);
}

/* start(workers, magic, ringBytes, onRecords) */
static napi_value start(napi_env env, napi_callback_info info) {
  struct call call = {.env = env};
  size_t count = 4, length;
  napi_get_cb_info(env, info, &count, call.arguments, NULL, NULL);
  struct instance *instance = calloc(1, sizeof *instance);
  if (instance == NULL) return refuse(env, strerror(ENOMEM));
  napi_value name, made;
  napi_create_string_latin1(env, "udp-director", NAPI_AUTO_LENGTH, &name);
  if (napi_create_threadsafe_function(env, call.arguments[3], NULL, name, 0, 1, NULL, NULL, NULL,
                                      on_records, &instance->call) != napi_ok) {
    free(instance);
    return refuse(env, "start takes workers, magic, ringBytes, onRecords");
  }
  struct engine_options options = {
      .workers = number(&call, 0),
      .magic = bytes(&call, 1, &length),
      .ring_size = number(&call, 2),
      .notify = tell,
      .context = instance,
  };
  options.magic_length = length;
  instance->engine = engine_start(&options);
  if (instance->engine == NULL) {
    const char *reason = strerror(errno);
    napi_release_threadsafe_function(instance->call, napi_tsfn_abort);
    free(instance);
    return refuse(env, reason);
  }
  napi_add_env_cleanup_hook(env, end_with_environment, instance);
  napi_create_external(env, instance, forget, NULL, &made);
  return made;
}

static napi_value stop(napi_env env, napi_callback_info info) {
  struct call call;
  if (read_call(env, info, &call)) end(call.instance);
  return NULL;
}

/* --- listeners: listen(engine, worker, address, port, flags) --- */

enum { FLAG_SHARE = 3, FLAG_PLAIN = 4 };

static napi_value listen_at(napi_env env, napi_callback_info info) {
  struct call call;
  struct place at;
  if (!read_call(env, info, &call)) return NULL;
  if (!place(&call, 2, &at)) return value_of(env, -EINVAL);
  uint32_t flags = number(&call, 4);
  return value_of(env, engine_listen(call.instance->engine, number(&call, 1), &at,
                                   (int)(flags & FLAG_SHARE), (flags & FLAG_PLAIN) != 0));
}

static napi_value receive(napi_env env, napi_callback_info info) {
  struct call call;
  if (!read_call(env, info, &call)) return NULL;
  return value_of(env, engine_receive(call.instance->engine, number(&call, 1)));
}

static napi_value deafen(napi_env env, napi_callback_info info) {
  struct call call;
  if (read_call(env, info, &call)) engine_deafen(call.instance->engine, number(&call, 1));
  return NULL;
}

static napi_value listener_place(napi_env env, napi_callback_info info) {
  struct call call;
  struct place at;
  if (!read_call(env, info, &call)) return NULL;
  return place_result(
      env, engine_listener_place(call.instance->engine, number(&call, 1), &at), &at);
}

/* answer(engine, listener, address, port, payload) */
static napi_value answer(napi_env env, napi_callback_info info) {
  struct call call;
  struct place to;
  size_t length;
  if (!read_call(env, info, &call)) return NULL;
  if (!place(&call, 2, &to)) return value_of(env, -EINVAL);
  void *payload = bytes(&call, 4, &length);
  return value_of(
      env, engine_answer(call.instance->engine, number(&call, 1), &to, payload, length));
}

/* --- flows: connect(engine, listener, address, port, id) --- */

static napi_value connect_flow(napi_env env, napi_callback_info info) {
  struct call call;
  struct place to;
  if (!read_call(env, info, &call)) return NULL;
  if (!place(&call, 2, &to)) return value_of(env, -EINVAL);
  return value_of(
      env, engine_connect(call.instance->engine, number(&call, 1), &to, number(&call, 4)));
}

static napi_value flow_place(napi_env env, napi_callback_info info) {
  struct call call;
  struct place at;
  if (!read_call(env, info, &call)) return NULL;
  return place_result(env, engine_flow_place(call.instance->engine, number(&call, 1), &at),
                      &at);
}

static napi_value send_flow(napi_env env, napi_callback_info info) {
  struct call call;
  size_t length;
  if (!read_call(env, info, &call)) return NULL;
  void *payload = bytes(&call, 2, &length);
  return value_of(env, engine_send(call.instance->engine, number(&call, 1), payload, length));
}

/* direct(engine, flow, listener, address, port) */
static napi_value direct(napi_env env, napi_callback_info info) {
  struct call call;
  struct place client;
  if (!read_call(env, info, &call)) return NULL;
  if (!place(&call, 3, &client)) return value_of(env, -EINVAL);
  return value_of(env, engine_direct(call.instance->engine, number(&call, 1), number(&call, 2),
                                   &client));
}

static napi_value hold(napi_env env, napi_callback_info info) {
  struct call call;
  if (!read_call(env, info, &call)) return NULL;
  return value_of(env, engine_hold(call.instance->engine, number(&call, 1)));
}

static napi_value close_flow(napi_env env, napi_callback_info info) {
  struct call call;
  if (read_call(env, info, &call)) engine_close(call.instance->engine, number(&call, 1));
  return NULL;
}

static napi_value active(napi_env env, napi_callback_info info) {
  struct call call;
  napi_value made;
  if (!read_call(env, info, &call)) return NULL;
  napi_get_boolean(env, engine_active(call.instance->engine, number(&call, 1)), &made);
  return made;
}

/* activity(engine, from, ids): [how many, from where to go on] */
static napi_value activity(napi_env env, napi_callback_info info) {
  struct call call;
  size_t length;
  if (!read_call(env, info, &call)) return NULL;
  uint32_t next = number(&call, 1);
  uint32_t *ids = bytes(&call, 2, &length);
  size_t found = engine_activity(call.instance->engine, ids, length / sizeof *ids, &next);
  napi_value pair;
  napi_create_array_with_length(env, 2, &pair);
  napi_set_element(env, pair, 0, value_of(env, (int)found));
  napi_set_element(env, pair, 1, value_of(env, (int)next));
  return pair;
}

/* --- records and counters --- */

static napi_value drain(napi_env env, napi_callback_info info) {
  struct call call;
  size_t length;
  if (!read_call(env, info, &call)) return NULL;
  uint8_t *into = bytes(&call, 2, &length);
  return value_of(env,
                (int)engine_drain(call.instance->engine, number(&call, 1), into, length));
}

static napi_value handled(napi_env env, napi_callback_info info) {
  struct call call;
  if (read_call(env, info, &call)) engine_handled(call.instance->engine, number(&call, 1));
  return NULL;
}

static napi_value totals(napi_env env, napi_callback_info info) {
  struct call call;
  uint64_t sums[COUNTERS];
  napi_value list, made;
  if (!read_call(env, info, &call)) return NULL;
  engine_totals(call.instance->engine, sums);
  napi_create_array_with_length(env, COUNTERS, &list);
  for (uint32_t at = 0; at < COUNTERS; at++) {
    napi_create_double(env, (double)sums[at], &made);
    napi_set_element(env, list, at, made);
  }
  return list;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"start", start},           {"stop", stop},
      {"listen", listen_at},      {"receive", receive},
      {"deafen", deafen},         {"listenerPlace", listener_place},
      {"answer", answer},         {"connect", connect_flow},
      {"flowPlace", flow_place},  {"send", send_flow},
      {"direct", direct},         {"hold", hold},
      {"close", close_flow},      {"active", active},
      {"activity", activity},     {"drain", drain},
      {"handled", handled},       {"totals", totals},
  };
  for (size_t at = 0; at < sizeof functions / sizeof functions[0]; at++) {
    napi_value made;
    napi_create_function(env, functions[at].name, NAPI_AUTO_LENGTH, functions[at].function, NULL,
                         &made);
    napi_set_named_property(env, exports, functions[at].name, made);
  }
  napi_set_named_property(env, exports, "bpf", bpf_exports(env));
  return exports;
}
