/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SMARTNIC_NET_QSTATS_H
#define SMARTNIC_NET_QSTATS_H

#include <compat/netdev.h>

void smnc_qstats_init(struct net_device *dev);

#endif /* SMARTNIC_NET_QSTATS_H */
