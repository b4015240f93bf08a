#ifndef BPF_ADDON_H
#define BPF_ADDON_H
#include <node_api.h>

/* An object with the functions of bpf.h. */
napi_value bpf_exports(napi_env env);
#endif
