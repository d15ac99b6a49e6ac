#include <torch/torch.h>

#include "../../base/x.h"
#include "z.h"
