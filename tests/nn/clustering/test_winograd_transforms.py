from __future__ import annotations

import torch
import torch.nn.functional as F

from segprior.nn.clustering.winograd_transforms import FILTER, from_products, to_inputs


def test_tiles_hold_any_number_of_channels_from_eight_on() -> None:
    source = torch.Generator().manual_seed(0)
    for channels in (8, 11, 17):
        rows = torch.rand(6, 14, channels, generator=source)
        weight = torch.rand(channels, channels, 3, 3, generator=source)
        inputs, products = torch.empty(2, 36, 3, channels)
        to_inputs(rows.numpy(), inputs.numpy())
        taps = torch.from_numpy(FILTER)
        matrices = torch.einsum("ia,oqab,jb->ijqo", taps, weight.double(), taps).flatten(0, 1)
        torch.bmm(inputs, matrices.float(), out=products)
        found = torch.empty(4, 12, channels)
        from_products(products.numpy(), found.numpy())
        expected = F.conv2d(rows.permute(2, 0, 1)[None], weight)[0].permute(1, 2, 0)
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
