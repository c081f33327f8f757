#define MAP_KERNELS
static const ck_map_op ck_map_ops[] = {{NULL, NULL, 0}};
