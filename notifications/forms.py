"""Where else somebody wants to be told."""

from __future__ import annotations

from django import forms

from .models import Channel


class ChannelsForm(forms.Form):
    """One tick a channel. The inbox is not in it: it cannot be switched off."""

    email = forms.BooleanField(label="E-mail", required=False)
    whatsapp = forms.BooleanField(label="WhatsApp", required=False)

    def channels(self) -> dict[Channel, bool]:
        """The wishes of a valid form."""
        return {channel: bool(self.cleaned_data[channel.value]) for channel in Channel}
