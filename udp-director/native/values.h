/* What JavaScript hands over and gets back. */
#ifndef VALUES_H
#define VALUES_H
#include <node_api.h>

static inline uint32_t value_number(napi_env env, napi_value value) {
  uint32_t read = 0;
  napi_get_value_uint32(env, value, &read);
  return read;
}

/* The bytes of a Buffer; none of anything else. */
static inline void *value_bytes(napi_env env, napi_value value, size_t *length) {
  void *data = NULL;
  *length = 0;
  napi_get_buffer_info(env, value, &data, length);
  return data;
}

static inline napi_value value_of(napi_env env, int number) {
  napi_value made;
  napi_create_int32(env, number, &made);
  return made;
}
#endif
