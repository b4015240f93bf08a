/* bpf.h for JavaScript. `src/data/kernel/ebpf/bpf.ts` has its types and says what each does. */
#include "bpf-addon.h"

#include <errno.h>

#include "bpf.h"
#include "values.h"

#define MAX_ARGUMENTS 5
#define MAX_DEVICES 1024
#define LOG_SIZE 65536

struct call {
  napi_env env;
  size_t count;
  napi_value arguments[MAX_ARGUMENTS];
};

static struct call read_call(napi_env env, napi_callback_info info) {
  struct call call = {.env = env, .count = MAX_ARGUMENTS};
  napi_get_cb_info(env, info, &call.count, call.arguments, NULL, NULL);
  return call;
}

static uint32_t number(const struct call *call, int at) {
  return value_number(call->env, call->arguments[at]);
}

static void *bytes(const struct call *call, int at, size_t *length) {
  return value_bytes(call->env, call->arguments[at], length);
}

/* map(type, keySize, valueSize, entries, flags) */
static napi_value map(napi_env env, napi_callback_info info) {
  struct call call = read_call(env, info);
  return value_of(env, bpf_map(number(&call, 0), number(&call, 1), number(&call, 2),
                             number(&call, 3), number(&call, 4)));
}

/* get(map, key, value), set(map, key, value), unset(map, key) */
static napi_value get(napi_env env, napi_callback_info info) {
  struct call call = read_call(env, info);
  size_t length;
  const void *key = bytes(&call, 1, &length);
  return value_of(env, bpf_map_get((int)number(&call, 0), key, bytes(&call, 2, &length)));
}

static napi_value set(napi_env env, napi_callback_info info) {
  struct call call = read_call(env, info);
  size_t length;
  const void *key = bytes(&call, 1, &length);
  return value_of(env, bpf_map_set((int)number(&call, 0), key, bytes(&call, 2, &length)));
}

static napi_value unset(napi_env env, napi_callback_info info) {
  struct call call = read_call(env, info);
  size_t length;
  return value_of(env, bpf_map_delete((int)number(&call, 0), bytes(&call, 1, &length)));
}

/* program(instructions): a descriptor, or what the kernel says against it. */
static napi_value program(napi_env env, napi_callback_info info) {
  static char log[LOG_SIZE];
  struct call call = read_call(env, info);
  size_t length;
  const void *instructions = bytes(&call, 0, &length);
  log[0] = '\0';
  int made = bpf_program(instructions, length, log, sizeof log);
  if (made >= 0 || log[0] == '\0') return value_of(env, made);
  napi_value text;
  napi_create_string_latin1(env, log, NAPI_AUTO_LENGTH, &text);
  return text;
}

/* attach(program, device) */
static napi_value attach(napi_env env, napi_callback_info info) {
  struct call call = read_call(env, info);
  return value_of(env, bpf_attach((int)number(&call, 0), number(&call, 1)));
}

/* run(program, device, packet, out): the verdict and the length of `out`, or what failed. */
static napi_value run(napi_env env, napi_callback_info info) {
  struct call call = read_call(env, info);
  size_t length, room;
  const void *packet = bytes(&call, 2, &length);
  void *out = bytes(&call, 3, &room);
  uint32_t out_length = (uint32_t)room, verdict;
  int failed = bpf_run((int)number(&call, 0), number(&call, 1), packet, (uint32_t)length, out,
                       &out_length, &verdict);
  if (failed < 0) return value_of(env, failed);
  napi_value pair, made;
  napi_create_array_with_length(env, 2, &pair);
  napi_set_element(env, pair, 0, value_of(env, (int)verdict));
  napi_create_uint32(env, out_length, &made);
  napi_set_element(env, pair, 1, made);
  return pair;
}

static napi_value devices(napi_env env, napi_callback_info info) {
  (void)info;
  uint32_t found[MAX_DEVICES];
  int count = ethernet_devices(found, MAX_DEVICES);
  if (count < 0) return value_of(env, count);
  napi_value list, made;
  napi_create_array_with_length(env, (size_t)count, &list);
  for (int at = 0; at < count; at++) {
    napi_create_uint32(env, found[at], &made);
    napi_set_element(env, list, (uint32_t)at, made);
  }
  return list;
}

static napi_value processors(napi_env env, napi_callback_info info) {
  (void)info;
  return value_of(env, possible_processors());
}

static napi_value close_descriptor(napi_env env, napi_callback_info info) {
  struct call call = read_call(env, info);
  return value_of(env, bpf_close((int)number(&call, 0)));
}

napi_value bpf_exports(napi_env env) {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {
      {"map", map},         {"get", get},   {"set", set},         {"unset", unset},
      {"program", program}, {"run", run},   {"attach", attach},   {"devices", devices},
      {"close", close_descriptor},          {"processors", processors},
  };
  napi_value exports, made;
  napi_create_object(env, &exports);
  for (size_t at = 0; at < sizeof functions / sizeof functions[0]; at++) {
    napi_create_function(env, functions[at].name, NAPI_AUTO_LENGTH, functions[at].function, NULL,
                         &made);
    napi_set_named_property(env, exports, functions[at].name, made);
  }
  return exports;
}
